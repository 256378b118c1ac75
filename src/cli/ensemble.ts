/** `ekphrasis ensemble MODEL MODEL` */
import type { Config } from '../config.js';
import type { ModelId } from '../ids.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { captionScores } from './train.js';
import { withApplication } from './with-application.js';

/** Makes several captioners one that captions from then on: they write together. */
export function ensembleCommand(
  config: Config,
  context: CommandContext,
  ids: readonly string[],
  { name, json }: { readonly name?: string; readonly json: boolean },
): Promise<void> {
  return withApplication(config, context, async (application) => {
    const { model, figures } = await withProgress(context.stderr, { label: 'Measuring', unit: 'photos', total: 0 }, (update) =>
      application.ensemble({ members: ids as ModelId[], name }, update, context.signal),
    );
    if (json) printJson(context.stdout, { model: model.id, bleu: figures?.bleu ?? null, cider: figures?.cider ?? null });
    else printLine(context.stdout, `Model ${model.id} ${ids.length === 1 ? 'is a copy' : `is ${counted(ids.length, 'model')} writing together`} and captions from now on.${figures ? ` On dev: ${captionScores(figures)}.` : ''}`);
  });
}
