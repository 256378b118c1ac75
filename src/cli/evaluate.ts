/** `ekphrasis evaluate --split dev` */
import type { Config } from '../config.js';
import type { ModelId } from '../ids.js';
import { findModelOrCurrent } from '../jobs/models.js';
import { handToWorker } from './jobs.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

export function evaluateCommand(
  config: Config,
  context: CommandContext,
  options: { readonly split: 'train' | 'dev' | 'test'; readonly model?: string; readonly json: boolean; readonly queue: boolean },
): Promise<void> {
  if (options.queue) {
    return handToWorker(config, context, options, async ({ jobs, store }) => {
      const model = await findModelOrCurrent(store, options.model as ModelId | undefined);
      return jobs.evaluate({ modelId: model.id, split: options.split });
    });
  }
  return withApplication(config, context, async (application) => {
    const { split, model } = options;
    const { evaluation, captions } = await withProgress(context.stderr, { label: 'Captioning', unit: 'photos', total: 0 }, (update) =>
      application.evaluate({ split, modelId: model as ModelId | undefined }, update, context.signal),
    );
    const { images, bleu, brevityPenalty, cider, rougeL, signature } = evaluation;
    if (options.json) {
      printJson(context.stdout, { images, bleu, brevityPenalty, cider, rougeL, signature, captions });
      return;
    }
    const percent = (value: number) => (100 * value).toFixed(1);
    printLine(context.stdout, `${counted(images, 'photo')} of the ${split} split`);
    printLine(context.stdout, `BLEU-1..4  ${bleu.map(percent).join(' / ')}`);
    printLine(context.stdout, `CIDEr-D    ${cider.toFixed(3)}`);
    printLine(context.stdout, `ROUGE-L    ${rougeL.toFixed(3)}`);
    printLine(context.stdout, `Measured as ${signature}`);
  });
}
