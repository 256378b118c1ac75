/** `ekphrasis evaluate --split dev` */
import { type Command, Option } from 'commander';
import { describeLeftOut } from '../collection/captioned-photos.js';
import type { Application } from '../application.js';
import type { Config } from '../config.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, ModelId } from '../ids.js';
import type { EvaluatedModel } from '../evaluation/evaluate-model.js';
import { cocoResults } from '../evaluation/coco-results.js';
import { datasetInWords, findMeasured, findModelOrCurrent } from '../models/registry.js';
import { FIGURES, METRICS } from '../metrics/all.js';
import { bleuAmong, bleuMetric } from '../metrics/bleu.js';
import type { Figure } from '../metrics/metric.js';
import { captionFigures, type Figures } from '../metrics/scores.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { handToWorker } from './jobs.js';
import { json, queued } from './options.js';
import { withProgress } from './progress.js';
import { compareWith, evaluateFile, printComparison, writeReferences } from './evaluate-captions.js';
import { checkFree } from './free-file.js';
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
    .addOption(
      new Option(
        '--captions <file>',
        "measure captions from elsewhere: COCO's results, or a table with the columns file_name (or image_id) and caption",
      ).conflicts(['model', 'queue']),
    )
    .option('--annotations <file>', "COCO's annotations, which say by which ids the file of --captions calls photos")
    .option('--name <text>', 'what these captions are called among the models. Default: the name of their file')
    .addOption(
      new Option(
        '--compare <id>',
        'a model or captions that were measured before, to compare with: its id, or "current"',
      ).conflicts('queue'),
    )
    .addOption(
      new Option('--format <name>', 'figures as text or JSON, or the captions as COCO has them')
        .choices(['text', 'json', 'coco'])
        .default('text')
        .conflicts('queue'),
    )
    .addOption(
      new Option('--references <file>', "also write what people wrote, as COCO's annotations").conflicts('queue'),
    )
    .addOption(queued())
    .addOption(json())
    .action((options: EvaluateOptions) => evaluateCommand(config(), context, options));
}

export interface EvaluateOptions {
  readonly split: Split;
  readonly model?: string;
  readonly dataset?: string;
  /** A file of captions that were written elsewhere: they are measured in place of a model's. */
  readonly captions?: string;
  readonly annotations?: string;
  readonly name?: string;
  /** The model that it is compared with. */
  readonly compare?: string;
  readonly format: 'text' | 'json' | 'coco';
  /** Where the reference captions are written to, as COCO's annotations. */
  readonly references?: string;
  readonly json: boolean;
  readonly queue: boolean;
}

export function evaluateCommand(config: Config, context: CommandContext, options: EvaluateOptions): Promise<void> {
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
    const { split, model, references } = options;
    const format = options.json ? 'json' : options.format;
    const dataset = await datasetOf(application.store, options.dataset);
    // What would end the command at its end is said at its beginning.
    const other = options.compare === undefined ? undefined : await modelToCompare(options.compare, split, application);
    if (references !== undefined) await checkFree(references);
    const evaluated =
      options.captions === undefined
        ? await withProgress(context.stderr, { label: 'Captioning', unit: 'photos', total: 0 }, (update) =>
            application.evaluate({ split, modelId: model as ModelId | undefined, dataset }, update, context.signal),
          )
        : await evaluateFile(application, context, { ...options, captions: options.captions, dataset });
    if (references !== undefined) await writeReferences(evaluated, references, application);
    const comparison = other && (await compareWith(other, evaluated, application));
    const measuredOn = await datasetInWords(evaluated.evaluation.dataset, application.store);
    if (format === 'coco') printJson(context.stdout, cocoResults(evaluated.captions));
    else if (format === 'json') {
      const { id, name } = await findMeasured(application.store, evaluated.evaluation.modelId);
      const of = { model: { id, name }, split, measuredOn };
      printJson(context.stdout, { ...of, ...toJson(evaluated), ...(comparison && { comparison }) });
    } else {
      printFigures(context, `${split} split of ${measuredOn}`, evaluated);
      if (comparison) printComparison(context, comparison);
    }
  });
}

/** @throws NOT_FOUND, also for a model that was not measured on the split */
async function modelToCompare(wish: string, split: Split, { store }: Application): Promise<ModelRecord> {
  const model = await findMeasured(store, wish === 'current' ? undefined : (wish as ModelId));
  const measured = await store.evaluations.latest({ modelId: model.id, split });
  if (measured) return model;
  const message = `"${model.name}" was not measured on the ${split} split. Measure it first: ekphrasis evaluate --split ${split} --model ${model.id}`;
  throw new EkphrasisError(ErrorCode.NotFound, message);
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
  const { coco } = details;
  if (coco) {
    const { cider = 0, rougeL = 0 } = coco.figures;
    const digits = (value: number) => value.toFixed(4);
    printLine(
      stdout,
      `As pycocoevalcap counts words: BLEU-1..4 ${bleuAmong(coco.figures).map(digits).join(' / ')}, CIDEr-D ${digits(cider)}, ROUGE-L ${digits(rougeL)}`,
    );
  }
  const novel = diversity.novel === null ? '' : `, ${percent(diversity.novel)} % of them in nobody's words`;
  printLine(
    stdout,
    `${diversity.distinctCaptions} distinct captions${novel}; ${diversity.vocabulary} words in use, ${diversity.meanLength.toFixed(1)} a caption`,
  );
  printLine(stdout, `Measured as ${signature}`);
}
