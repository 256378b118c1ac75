/** The options of `ekphrasis train`. */
import { type Command, Option } from 'commander';
import type { Config } from '../config.js';
import { USES } from '../models/use.js';
import { TRAINING_KINDS } from '../trainings/corrections.js';
import { json } from './options.js';
import type { CommandContext } from './terminal.js';
import { trainCommand, type TrainOptions } from './train.js';
import { addSettingFlags, FIXED_SETTINGS, givenSettings, overridden, readConfig } from './training-settings.js';

type Flags = Omit<TrainOptions, 'settings'> & { readonly config?: string };

export function addTrainCommand(program: Command, config: () => Config, context: CommandContext): void {
  const train = program
    .command('train')
    .description('train a captioner, or a search model, on the collection')
    .option(
      '--config <file>',
      'a JSON file of settings, by the names of startTraining in the API: such as run.json of "runs export". Flags override it',
    )
    .addOption(
      new Option(
        '--task <name>',
        'what the model is to do: write captions, or find photos by a text; "corrections" teaches the current captioner what people corrected. Default: caption',
      ).choices(TRAINING_KINDS.map((name) => name.toLowerCase())),
    )
    .option(
      '--from <model>',
      'the captioner to begin with: its id, or "current". Default: none for a captioner, the current one for a search model',
    );
  addSettingFlags(train);
  train
    .addOption(
      new Option(
        '--use <when>',
        'when it takes the place of the model in use; where none is in use, always. Default: never',
      ).choices(USES.map((name) => name.toLowerCase())),
    )
    .option('--name <text>', 'name of the model')
    .option('--dataset <name>', 'train on this data set alone: its id or name, or a folder, which is imported first')
    .addOption(
      new Option(
        '--resume <job>',
        'go on with a training after its last finished epoch; with --learning-rate, at another rate',
      ).conflicts(['config', 'task', ...FIXED_SETTINGS, 'use', 'name', 'dataset']),
    )
    .addOption(json())
    .action(async (options: Flags) => {
      await trainCommand(config(), context, await withConfig(options));
    });
}

async function withConfig({ config: path, ...flags }: Flags): Promise<TrainOptions> {
  const settings = givenSettings({ ...flags });
  if (path === undefined) return { ...flags, settings };
  const file = await readConfig(path);
  return {
    ...flags,
    task: flags.task ?? (file.task?.toLowerCase() as TrainOptions['task']),
    use: flags.use ?? (file.use?.toLowerCase() as TrainOptions['use']),
    name: flags.name ?? file.name,
    dataset: flags.dataset ?? file.dataset,
    from: flags.from ?? file.fromModelId,
    settings: overridden(file.settings ?? {}, settings),
  };
}
