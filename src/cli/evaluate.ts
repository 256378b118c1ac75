/** `ekphrasis evaluate --split dev` */
import type { Config } from '../config.js';
import { sentenceBleu } from '../evaluation/bleu.js';
import type { Metric } from '../evaluation/metrics.js';
import type { DatasetId, ModelId } from '../ids.js';
import type { EvaluatedModel } from '../jobs/evaluate-model.js';
import { datasetInWords, findModelOrCurrent } from '../jobs/models.js';
import type { Store } from '../store/store.js';
import { handToWorker } from './jobs.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';

export function evaluateCommand(
  config: Config,
  context: CommandContext,
  options: { readonly split: 'train' | 'dev' | 'test'; readonly model?: string; readonly dataset?: string; readonly json: boolean; readonly queue: boolean },
): Promise<void> {
  if (options.queue) {
    return handToWorker(config, context, options, async ({ jobs, store }) => {
      const model = await findModelOrCurrent(store, options.model as ModelId | undefined);
      return jobs.evaluate({ modelId: model.id, split: options.split, dataset: await datasetOf(store, options.dataset) });
    });
  }
  return withApplication(config, context, async (application) => {
    const { split, model } = options;
    const dataset = await datasetOf(application.store, options.dataset);
    const evaluated = await withProgress(context.stderr, { label: 'Captioning', unit: 'photos', total: 0 }, (update) =>
      application.evaluate({ split, modelId: model as ModelId | undefined, dataset }, update, context.signal),
    );
    if (options.json) printJson(context.stdout, toJson(evaluated));
    else printFigures(context, `${split} split of ${await datasetInWords(evaluated.evaluation.dataset, application.store)}`, evaluated);
  });
}

async function datasetOf({ datasets }: Pick<Store, 'datasets'>, wish: string | undefined): Promise<DatasetId | undefined> {
  return wish === undefined ? undefined : (await datasets.resolve(wish)).id;
}

function toJson({ evaluation, details, captions }: EvaluatedModel): object {
  const { images, dataset, bleu, brevityPenalty, cider, rougeL, meteorStem, signature } = evaluation;
  const scored = captions.map((one) => {
    return { file: one.file, caption: one.caption, bleu: sentenceBleu(one.bleuCounts), cider: one.cider, rougeL: one.rougeL, meteorStem: one.meteorStem };
  });
  return { images, dataset, bleu, brevityPenalty, cider, rougeL, meteorStem, ...details, signature, captions: scored };
}

function printFigures({ stdout }: CommandContext, photos: string, { evaluation, details }: EvaluatedModel): void {
  const { images, bleu, cider, rougeL, meteorStem, signature } = evaluation;
  const { intervals, ceiling, diversity } = details;
  const percent = (value: number) => (100 * value).toFixed(1);
  const fraction = (value: number) => value.toFixed(3);
  const between = (metrics: readonly Metric[], format: (value: number) => string) =>
    `95 %: ${metrics.map((metric) => `${format(intervals[metric].low)}-${format(intervals[metric].high)}`).join(' / ')}`;
  const people = (value: string) => (ceiling ? `; people: ${value}` : '');
  printLine(stdout, `${counted(images, 'photo')} of the ${photos}`);
  printLine(stdout, `BLEU-1..4  ${bleu.map(percent).join(' / ')}${people(ceiling?.bleu.map(percent).join(' / ') ?? '')}`);
  printLine(stdout, `           ${between(['bleu1', 'bleu2', 'bleu3', 'bleu4'], percent)}`);
  const rows = [
    ['CIDEr-D', 'cider', cider],
    ['ROUGE-L', 'rougeL', rougeL],
    // Without synonyms: no other METEOR is comparable.
    ['METEOR-st', 'meteorStem', meteorStem ?? 0],
  ] as const;
  for (const [name, metric, value] of rows) {
    printLine(stdout, `${name.padEnd(10)} ${fraction(value)}  ${between([metric], fraction)}${people(fraction(ceiling?.[metric] ?? 0))}`);
  }
  const novel = diversity.novel === null ? '' : `, ${percent(diversity.novel)} % of them in nobody's words`;
  printLine(stdout, `${diversity.distinctCaptions} distinct captions${novel}; ${diversity.vocabulary} words in use, ${diversity.meanLength.toFixed(1)} a caption`);
  printLine(stdout, `Measured as ${signature}`);
}
