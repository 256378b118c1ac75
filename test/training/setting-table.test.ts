/** A setting that one of the schemas has is everywhere: flags, API, what is read back, recipes and checkpoints. */
import { Command } from 'commander';
import { getNullableType, isInputObjectType, isObjectType } from 'graphql';
import 'reflect-metadata';
import { describe, expect, test } from 'vitest';
import { createSchema } from '../../src/api/schema.js';
import { addSettingFlags, givenSettings, overridden } from '../../src/cli/training-settings.js';
import { readRecipe } from '../../src/runs/recipe.js';
import { searchSettingsSchema } from '../../src/training/joint-embedding/settings.js';
import { SETTINGS } from '../../src/training/setting-table.js';
import { captionerSettings, trainingSettingsSchema } from '../../src/training/settings.js';
import { readJobSettings, toJobSettings } from '../../src/trainings/settings.js';

const NAMES = [
  ...new Set([...Object.keys(captionerSettings.shape), ...Object.keys(searchSettingsSchema.shape)]),
].sort();

/** A value of each setting that is not its default, as the command line, and as a recipe and the API say it. */
const VALUES: Readonly<Record<string, readonly [string, unknown]>> = {
  architecture: ['show-and-tell', 'SHOW_AND_TELL'],
  cell: ['gru', 'GRU'],
  engine: ['tensorflow', 'TENSORFLOW'],
  device: ['cpu', 'CPU'],
  members: ['all', 'ALL'],
  language: ['de', 'de'],
  phases: ['cross-entropy:3', [{ objective: 'CROSS_ENTROPY', epochs: 3, learningRate: null }]],
  mirror: ['', false],
  dropout: ['0.25', 0.25],
  patience: ['2', 2],
  labelSmoothing: ['0.2', 0.2],
  weightDecay: ['0.01', 0.01],
  averageDecay: ['0.9', 0.9],
  learningRate: ['0.01', 0.01],
  temperature: ['0.1', 0.1],
  framing: ['0.1', 0.1],
};
/** Of the other settings, all of whole numbers. */
const OTHERS = ['9', 9] as const;
const valueOf = (name: string) => VALUES[name] ?? OTHERS;

test('the table has all settings of both tasks', () => {
  expect(SETTINGS.map(({ name }) => name as string).sort()).toEqual(NAMES);
});

test('every setting has a field of the API to give it, and one to read it back', async () => {
  const schema = await createSchema();
  const [input, output] = [schema.getType('StartTrainingInput'), schema.getType('TrainingSettings')];
  if (!isInputObjectType(input) || !isObjectType(output)) throw new Error('the types are not there');
  expect(Object.keys(input.getFields())).toEqual(expect.arrayContaining(NAMES));
  expect(Object.keys(output.getFields()).sort()).toEqual(NAMES);
  for (const field of Object.values(input.getFields())) expect(field.description, field.name).toBeTruthy();
  expect(String(getNullableType(input.getFields()['dropout']?.type))).toBe('Float');
});

describe.each(NAMES)('the setting %s', (name) => {
  const task = name in captionerSettings.shape ? 'CAPTION' : 'SEARCH';
  const [flagValue, recipeValue] = valueOf(name);
  const wanted = () => toJobSettings(readRecipe({ task, [name]: recipeValue })).training as Record<string, unknown>;

  test('has a flag that says the same as a recipe', () => {
    const command = new Command().exitOverride();
    addSettingFlags(command);
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.parse(flagValue === '' ? [`--no-${flag}`] : [`--${flag}`, flagValue], { from: 'user' });
    const given = toJobSettings({ task, settings: givenSettings(command.opts()) }).training as Record<string, unknown>;
    expect(given[name]).toEqual(wanted()[name]);
  });

  test('is another than its default, and stays what it is when the job is read', () => {
    const defaults = (task === 'CAPTION' ? trainingSettingsSchema.parse({}) : searchSettingsSchema.parse({})) as Record<
      string,
      unknown
    >;
    expect(wanted()[name]).not.toEqual(defaults[name]);
    const job = toJobSettings(readRecipe({ task, [name]: recipeValue }));
    expect(readJobSettings(JSON.parse(JSON.stringify(job)))).toEqual(JSON.parse(JSON.stringify(job)));
  });
});

test('dropout that was on or off in jobs of earlier versions is the rate it had, or none', () => {
  const rate = (dropout: unknown) =>
    readJobSettings({ name: 'old', training: { dropout, forgotten: 1 } }).training.dropout;
  expect([rate(true), rate(false), rate(0.3), rate(undefined)]).toEqual([0.5, 0, 0.3, 0.5]);
});

test('whatever is wrong with a recipe is named, all at once', () => {
  const recipe = { task: 'CAPTION', learning_rate: 1, framing: 0.5, epochs: 0, dropout: 2, cell: 'rnn' };
  expect(() => toJobSettings(readRecipe(recipe))).toThrow(
    /learning_rate: captioners have no such setting; framing: captioners have no such setting; .*dropout: .*epochs: .*cell: /,
  );
  expect(() => readRecipe({ task: 'WRITE' })).toThrow(/task: it is one of CAPTION, SEARCH/);
  expect(() => readRecipe({ dataset: 3 })).toThrow(/dataset: /);
  expect(() => readRecipe([])).toThrow(/no JSON object/);
});

test('flags stand in place of a file, epochs and phases in place of each other', () => {
  const file = { epochs: 4, seed: 7, phases: [{ objective: 'CROSS_ENTROPY' as const, epochs: 4 }] };
  expect(overridden(file, {})).toEqual(file);
  expect(overridden(file, { seed: 8 })).toEqual({ ...file, seed: 8 });
  expect(overridden(file, { epochs: 2 })).toEqual({ seed: 7, epochs: 2 });
});
