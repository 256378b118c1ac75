/** `ekphrasis ensemble MODEL MODEL` */
import type { Command } from 'commander';
import type { Config } from '../config.js';
import type { ModelId } from '../ids.js';
import type { Use } from '../models/use.js';
import { json, use } from './options.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { captionScores, useOf } from './train.js';
import { withApplication } from './with-application.js';

export function addEnsembleCommand(program: Command, config: () => Config, context: CommandContext): void {
  program
    .command('ensemble')
    .description('make captioners write together: one model')
    .argument('<model...>', 'ids of captioners that were trained on the same captions')
    .option('--name <text>', 'name of the model')
    .addOption(use())
    .addOption(json())
    .action((models: string[], options: Parameters<typeof ensembleCommand>[3]) =>
      ensembleCommand(config(), context, models, options),
    );
}

/** Makes several captioners one: they write together. */
export function ensembleCommand(
  config: Config,
  context: CommandContext,
  ids: readonly string[],
  { name, use: when, json: asJson }: { readonly name?: string; readonly use: Lowercase<Use>; readonly json: boolean },
): Promise<void> {
  return withApplication(config, context, async (application) => {
    const { model, figures, outcome } = await withProgress(
      context.stderr,
      { label: 'Measuring', unit: 'photos', total: 0 },
      (update) => application.ensemble({ members: ids as ModelId[], name, use: useOf(when) }, update, context.signal),
    );
    if (asJson)
      printJson(context.stdout, {
        model: model.id,
        bleu: figures?.bleu ?? null,
        cider: figures?.cider ?? null,
        outcome,
      });
    else
      printLine(
        context.stdout,
        `Model ${model.id} ${ids.length === 1 ? 'is a copy' : `is ${counted(ids.length, 'model')} writing together`}.${figures ? ` On dev: ${captionScores(figures)}.` : ''} ${outcome.sentence}`,
      );
  });
}
