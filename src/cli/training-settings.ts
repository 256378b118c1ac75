/** The flags of `ekphrasis train` for the settings of trainings, made of their table, and the file that `--config` names. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { readRecipe } from '../runs/recipe.js';
import { readPhases } from '../training/settings.js';
import { defaultInWords, onlyOf, type Setting, type SettingName, SETTINGS } from '../training/setting-table.js';
import type { SettingsInput, TrainingRequest } from '../trainings/settings.js';

const kebab = (name: string) => name.replaceAll(/(?=[A-Z])/g, '-').toLowerCase();

/** Adds a flag for each setting, two for one that is on or off. */
export function addSettingFlags(command: Command): void {
  for (const setting of SETTINGS) {
    for (const flag of flagsOf(setting)) command.addOption(flag);
  }
}

/** Names of the settings as commander has them: of flags that a training that is gone on with cannot have. */
export const FIXED_SETTINGS: readonly string[] = SETTINGS.map(({ name }) => name).filter(
  (name) => name !== 'learningRate',
);

function flagsOf(setting: Setting): Option[] {
  const flag = `--${kebab(setting.name)}`;
  const about = describe(setting);
  switch (setting.kind) {
    case 'boolean':
      return [new Option(flag, about), new Option(`--no-${kebab(setting.name)}`, 'the opposite')];
    case 'choice':
      return [new Option(`${flag} <name>`, about).choices([...setting.choices])];
    case 'text':
      return [new Option(`${flag} <tag>`, about)];
    case 'phases':
      return [
        new Option(
          `${flag} <list>`,
          `${about}. Such as cross-entropy:12,self-critical:3, or with rates self-critical:3:1e-4; in place of --epochs`,
        ).argParser(phases),
      ];
    case 'whole':
    case 'number':
      return [
        new Option(`${flag} ${setting.kind === 'whole' ? '<n>' : '<x>'}`, about).argParser(numberParser(setting)),
      ];
  }
}

/** As other flags are described: without a capital and a full stop. */
function describe(setting: Setting): string {
  const value =
    setting.kind === 'boolean'
      ? defaultInWords(setting, (on) => (on === true ? 'yes' : 'no'))
      : defaultInWords(setting);
  const sentences = [setting.about, onlyOf(setting), value === undefined ? undefined : `Default: ${value}`];
  const text = sentences.filter((sentence) => sentence !== undefined).join(' ');
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
}

function numberParser({ kind, minimum, maximum }: Setting): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= minimum && value <= maximum && (kind === 'number' || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(
      `It must be a ${kind === 'whole' ? 'whole ' : ''}number from ${minimum} to ${maximum}.`,
    );
  };
}

function phases(text: string): object[] {
  const read = readPhases(text);
  if (read) return read;
  throw new InvalidArgumentError(
    'It must be a list of objective:epochs or objective:epochs:rate; objectives are cross-entropy and self-critical.',
  );
}

/** The settings among the options of a command line; those that were not given are left out. */
export function givenSettings(options: Readonly<Record<string, unknown>>): SettingsInput {
  return Object.fromEntries(
    SETTINGS.flatMap(({ name }): [SettingName, unknown][] =>
      options[name] === undefined ? [] : [[name, options[name]]],
    ),
  );
}

/**
 * The recipe in a file.
 *
 * @throws NOT_FOUND; BAD_USER_INPUT that names what is wrong
 */
export async function readConfig(path: string): Promise<TrainingRequest> {
  const text = await readFile(path, 'utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new EkphrasisError(ErrorCode.BadInput, `${path} is no JSON.`, { cause });
  }
  return readRecipe(json);
}

/** Settings of a file, and those of flags in their place. Phases and epochs say the same, so one replaces both. */
export function overridden(file: SettingsInput, flags: SettingsInput): SettingsInput {
  const { epochs, phases, ...others } = { phases: undefined, ...file };
  const keepsPlan = flags.epochs === undefined && !('phases' in flags);
  return {
    ...others,
    ...(keepsPlan && epochs !== undefined && { epochs }),
    ...(keepsPlan && phases && { phases }),
    ...flags,
  };
}
