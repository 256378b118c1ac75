/** `ekphrasis evaluate --split dev` */
import { type Command, Option } from 'commander';
import { describeLeftOut } from '../collection/captioned-photos.js';
import type { Config } from '../config.js';
import type { DatasetId, ModelId } from '../ids.js';
import type { EvaluatedModel } from '../evaluation/evaluate-model.js';
import { datasetInWords, findModel, findModelOrCurrent } from '../models/registry.js';
import { FIGURES, METRICS } from '../metrics/all.js';
import { bleuAmong, bleuMetric } from '../metrics/bleu.js';
import type { Figure } from '../metrics/metric.js';
import { captionFigures, type Figures } from '../metrics/scores.js';
import type { Store } from '../store/store.js';
import { handToWorker } from './jobs.js';
import { json, queued } from './options.js';
import { withProgress } from './progress.js';
import { type CommandContext, counted, printJson, printLine } from './terminal.js';
import { withApplication } from './with-application.js';
import { type Split, SPLITS } from '../splits.js';

export function addEvaluateCommand(program: Command, config: () => Config, context: CommandContext): void {
  program
    .command('evaluate')
    .description(`caption a split and compare with what people wrote: ${METRICS.map(({ name }) => name).join(', ')}`)
    .addOption(new Option('--split <name>', 'the photos to caption').choices(SPLITS).default('dev'))
    .option('--model <id>', 'id of the model to evaluate. Default: the current model')
    .option('--dataset <name>', 'id or name of the data set whose photos are captioned. Default: all')
    .addOption(queued())
    .addOption(json())
    .action((options: Parameters<typeof evaluateCommand>[2]) => evaluateCommand(config(), context, options));
}

export function evaluateCommand(
  config: Config,
  context: CommandContext,
  options: {
    readonly split: Split;
    readonly model?: string;
    readonly dataset?: string;
    readonly json: boolean;
    readonly queue: boolean;
  },
): Promise<void> {
  if (options.queue) {
    return handToWorker(config, context, options, async ({ jobs, store }) => {
      const model = await findModelOrCurrent(store, options.model as ModelId | undefined);
      return jobs.evaluate({
        modelId: model.id,
        split: options.split,
        dataset: await datasetOf(store, options.dataset),
      });
    });
  }
  return withApplication(config, context, async (application) => {
    const { split, model } = options;
    const dataset = await datasetOf(application.store, options.dataset);
    const evaluated = await withProgress(context.stderr, { label: 'Captioning', unit: 'photos', total: 0 }, (update) =>
      application.evaluate({ split, modelId: model as ModelId | undefined, dataset }, update, context.signal),
    );
    const photosOf = await datasetInWords(evaluated.evaluation.dataset, application.store);
    if (options.json) {
      const { id, name } = await findModel(application.store, evaluated.evaluation.modelId);
      printJson(context.stdout, { model: { id, name }, split, measuredOn: photosOf, ...toJson(evaluated) });
    } else printFigures(context, `${split} split of ${photosOf}`, evaluated);
  });
}

async function datasetOf(
  { datasets }: Pick<Store, 'datasets'>,
  wish: string | undefined,
): Promise<DatasetId | undefined> {
  return wish === undefined ? undefined : (await datasets.resolve(wish)).id;
}

function toJson({ evaluation, details, captions }: EvaluatedModel): object {
  const { images, dataset, figures, brevityPenalty, signature } = evaluation;
  const { bleu, ...others } = withBleu(figures);
  const scored = captions.map(({ file, caption, scores }) => {
    const { bleu4, ...rest } = captionFigures(scores);
    return { file, caption, bleu: bleu4, ...rest };
  });
  const ceiling = details.ceiling && withBleu(details.ceiling);
  return { images, dataset, bleu, brevityPenalty, ...others, ...details, ceiling, signature, captions: scored };
}

const BLEU_FIGURES = new Set(bleuMetric.figures.map(({ key }) => key));
const otherFigures: readonly Figure[] = FIGURES.filter(({ key }) => !BLEU_FIGURES.has(key));

/** BLEU-1 to BLEU-4 as one list, the others by their keys. */
function withBleu(figures: Figures): object & { readonly bleu: readonly number[] } {
  return {
    bleu: bleuAmong(figures),
    ...Object.fromEntries(Object.entries(figures).filter(([key]) => !BLEU_FIGURES.has(key))),
  };
}

function printFigures(
  { stdout, stderr }: CommandContext,
  photos: string,
  { evaluation, details }: EvaluatedModel,
): void {
  const { images, figures, signature } = evaluation;
  const { intervals, ceiling, diversity } = details;
  const percent = (value: number) => (100 * value).toFixed(1);
  const fraction = (value: number) => value.toFixed(3);
  const between = (keys: Iterable<string>, format: (value: number) => string) =>
    `95 %: ${[...keys]
      .flatMap((key) => intervals[key] ?? [])
      .map(({ low, high }) => `${format(low)}-${format(high)}`)
      .join(' / ')}`;
  const people = (value: string) => (ceiling ? `; people: ${value}` : '');
  const title = 'BLEU-1..4';
  const width = Math.max(title.length, ...otherFigures.map(({ name }) => name.length));
  printLine(stdout, `${counted(images, 'photo')} of the ${photos}`);
  const leftOut = describeLeftOut(details.leftOut ?? 0);
  if (leftOut !== undefined) printLine(stderr, leftOut);
  printLine(
    stdout,
    `${title.padEnd(width)}  ${bleuAmong(figures).map(percent).join(' / ')}${people(
      bleuAmong(ceiling ?? {})
        .map(percent)
        .join(' / '),
    )}`,
  );
  printLine(stdout, `${' '.repeat(width)}  ${between(BLEU_FIGURES, percent)}`);
  for (const { key, name } of otherFigures) {
    printLine(
      stdout,
      `${name.padEnd(width)}  ${fraction(figures[key] ?? 0)}  ${between([key], fraction)}${people(fraction(ceiling?.[key] ?? 0))}`,
    );
  }
  const novel = diversity.novel === null ? '' : `, ${percent(diversity.novel)} % of them in nobody's words`;
  printLine(
    stdout,
    `${diversity.distinctCaptions} distinct captions${novel}; ${diversity.vocabulary} words in use, ${diversity.meanLength.toFixed(1)} a caption`,
  );
  printLine(stdout, `Measured as ${signature}`);
}
