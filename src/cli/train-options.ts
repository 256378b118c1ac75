/** The options of `ekphrasis train`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ARCHITECTURES } from '../captioner/decoders/all.js';
import type { Config } from '../config.js';
import { CELLS } from '../tensors/layers.js';
import { DEVICES, ENGINES, type Phase, readPhases } from '../training/settings.js';
import { json, learningRate, use, wholeNumber } from './options.js';
import type { CommandContext } from './terminal.js';
import { trainCommand } from './train.js';

export function addTrainCommand(program: Command, config: () => Config, context: CommandContext): void {
  program
    .command('train')
    .description('train a captioner, or a search model, on the collection')
    .addOption(
      new Option('--task <name>', 'what the model is to do: write captions, or find photos by a text')
        .choices(['caption', 'search'])
        .default('caption'),
    )
    .option(
      '--epochs <n>',
      'passes over the training photos. Default: 20 for a captioner, 30 for a search model',
      wholeNumber(1, 500),
    )
    .option(
      '--phases <list>',
      'what a captioner learns from, such as cross-entropy:12,self-critical:3 or with rates self-critical:3:1e-4; in place of --epochs',
      phases,
    )
    .option(
      '--language <tag>',
      'language of the captions, such as de or zh. Default: that of the model to begin with, or English',
    )
    .addOption(
      new Option(
        '--architecture <name>',
        'the network of a captioner. Default: attention, or that of the model to begin with',
      ).choices(ARCHITECTURES),
    )
    .addOption(
      new Option('--cell <name>', 'its recurrent layer. Default: lstm, or that of the model to begin with').choices(
        CELLS,
      ),
    )
    .option('--seed <n>', 'decides the first parameters, the order and the dropout', wholeNumber(0, 2 ** 31 - 1), 1)
    .option(
      '--patience <n>',
      'end early after this many epochs without a better one. Default: never',
      wholeNumber(1, 500),
    )
    .option(
      '--from <model>',
      'the captioner to begin with: its id, or "current". Default: none for a captioner, the current one for a search model',
    )
    .addOption(learningRate())
    .option('--batch-images <n>', 'photos in a step', wholeNumber(1, 512))
    .addOption(new Option('--engine <name>', 'what computes the steps. Default: TRAIN_ENGINE').choices(ENGINES))
    .addOption(new Option('--device <name>', 'what they are computed on. Default: DEVICE').choices(DEVICES))
    .addOption(use())
    .option('--name <text>', 'name of the model')
    .option('--dataset <name>', 'train on this data set alone: its id or name, or a folder, which is imported first')
    .addOption(
      new Option(
        '--resume <job>',
        'go on with a training after its last finished epoch; with --learning-rate, at another rate',
      ).conflicts([
        'task',
        'epochs',
        'phases',
        'seed',
        'architecture',
        'cell',
        'batchImages',
        'engine',
        'device',
        'use',
        'name',
        'dataset',
        'language',
      ]),
    )
    .addOption(json())
    .action((options: Parameters<typeof trainCommand>[2]) => trainCommand(config(), context, options));
}

function phases(text: string): Phase[] {
  const read = readPhases(text);
  if (read) return read;
  throw new InvalidArgumentError(
    'It must be a list of objective:epochs or objective:epochs:rate; objectives are cross-entropy and self-critical.',
  );
}
