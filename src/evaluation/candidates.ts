/**
 * What becomes of a model that was just made: it is measured beside the one in use, and used by itself only where that
 * was asked for.
 */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EvaluationId, ModelId } from '../ids.js';
import { ScoreTable } from '../metrics/scores.js';
import type { DatasetRecord } from '../store/datasets.js';
import type { EvaluatedCaptionRecord, EvaluationRecord } from '../store/evaluations.js';
import type { ModelRecord } from '../store/models.js';
import { compareEvaluations } from './compare-evaluations.js';
import { compareSearchModels } from './compare-search-models.js';
import { type EvaluationDependencies, evaluateModel, measureModel, photosToMeasure } from './evaluate-model.js';
import type { Use } from '../models/use.js';
import { whileNeeding } from '../store/needs.js';

const modelId = z.string().transform((id) => id as ModelId);
const evaluationId = z.string().transform((id) => id as EvaluationId);

/** What was found of two captioners on the same held-out photos. */
const comparisonSchema = z.object({
  /** Photos both have captioned. */
  images: z.number(),
  /**
   * The name of the data set whose held-out photos they are; null for those of all. Held-out uploads that people
   * captioned are among them.
   */
  dataset: z.string().nullable(),
  evaluationId,
  currentEvaluationId: evaluationId,
  /** CIDEr-D on these photos. */
  cider: z.number(),
  currentCider: z.number(),
  /** Of CIDEr-D, the new model's less the other's, with its 95 % interval. */
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  pValue: z.number(),
});
export type CandidateComparison = z.output<typeof comparisonSchema>;

/** What was found of two search models on the same held-out photos. */
const searchComparisonSchema = z.object({
  images: z.number(),
  /** Their captions. */
  texts: z.number(),
  /** The name of the data set whose held-out photos they are; null for those of all. */
  dataset: z.string().nullable(),
  /** The mean of the recalls among 1, 5 and 10 in both directions, 0..1. */
  recall: z.number(),
  currentRecall: z.number(),
  /** The new model's less the other's, with its 95 % interval. */
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  pValue: z.number(),
});
export type SearchCandidateComparison = z.output<typeof searchComparisonSchema>;

const outcomeSchema = z.object({
  modelId,
  /** The one that was in use; null where there was none for the running encoder. */
  currentModelId: modelId.nullable(),
  used: z.boolean(),
  /** Of captioners. */
  comparison: comparisonSchema.nullable(),
  /** Of search models; trainings of earlier versions have none. */
  searchComparison: searchComparisonSchema.nullable().default(null),
  /** What was found and done, in a sentence or two. */
  found: z.string(),
  /** The same, and how to switch where it is not used. */
  sentence: z.string(),
});
/** What became of a model, as it is kept with its training. */
export type CandidateOutcome = z.output<typeof outcomeSchema>;

/** @returns undefined where nothing is decided yet, and of trainings of earlier versions */
export function readOutcome(outcome: unknown): CandidateOutcome | undefined {
  return outcomeSchema.safeParse(outcome).data;
}

export interface Candidate {
  readonly model: ModelRecord;
  readonly use: Use;
  /** The data set it was trained on. Default: all. */
  readonly dataset?: Pick<DatasetRecord, 'id' | 'name'> | undefined;
}

/** Differences that chance shows as rarely are taken for real. */
const SIGNIFICANT = 0.05;

/**
 * A model is better when the metric that its best epoch is chosen by is significantly higher on the same photos:
 * CIDEr-D, or the recalls.
 */
export function isBetter({ difference, pValue }: Pick<CandidateComparison, 'difference' | 'pValue'>): boolean {
  return difference > 0 && pValue < SIGNIFICANT;
}

/** @param comparison null where there was nothing to compare with or on, or it failed */
function takesItsPlace(
  use: Use,
  current: ModelRecord | undefined,
  comparison: Pick<CandidateComparison, 'difference' | 'pValue'> | null,
): boolean {
  return current === undefined || use === 'ALWAYS' || (use === 'BETTER' && comparison !== null && isBetter(comparison));
}

export interface DecisionDependencies extends EvaluationDependencies {
  /** Told of photos captioned and photos in all, where captioners are measured. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Measures a new captioner beside the one in use and says what is to become of it. A comparison that is not possible is
 * told, and is no failure of what made the model.
 *
 * @param current the captioner in use, where it fits the running encoder
 * @throws the signal's reason when aborted
 */
export async function decideOnCaptioner(
  candidate: Candidate,
  current: ModelRecord | undefined,
  dependencies: DecisionDependencies,
  signal?: AbortSignal,
): Promise<CandidateOutcome> {
  const { model, use } = candidate;
  const needs = { models: [model.id, current?.id], photos: { of: candidate.dataset?.id } };
  const compare = () =>
    whileNeeding(needs, dependencies.store, () => compareWith(candidate, current, dependencies, signal));
  const compared = await attempt(compare, signal);
  const comparison = compared.comparison ?? null;
  const used = takesItsPlace(use, current, comparison);
  const comparedAs =
    current === undefined
      ? 'There was no captioner to compare the new one with.'
      : (compared.fault ?? verdict(comparison));
  const found = `${comparedAs} ${used ? 'It captions from now on.' : 'It is kept and not used.'}`;
  return {
    modelId: model.id,
    currentModelId: current?.id ?? null,
    used,
    comparison,
    searchComparison: null,
    ...inWords(found, used, model.id),
  };
}

/**
 * The same of a search model, which answers only once it has embedded every photo.
 *
 * @throws the signal's reason when aborted
 */
export async function decideOnSearchModel(
  candidate: Candidate,
  current: ModelRecord | undefined,
  dependencies: DecisionDependencies,
  signal?: AbortSignal,
): Promise<CandidateOutcome> {
  const { model, use, dataset } = candidate;
  const needs = { models: [model.id, current?.id], photos: { of: dataset?.id } };
  const compare = async () => {
    const compared =
      current &&
      (await whileNeeding(needs, dependencies.store, () =>
        compareSearchModels(model, current, dataset?.id, dependencies, signal),
      ));
    if (!compared) return undefined;
    const { images, texts, recall, currentRecall, difference, interval, pValue } = compared;
    return { images, texts, dataset: dataset?.name ?? null, recall, currentRecall, difference, ...interval, pValue };
  };
  const compared = await attempt(compare, signal);
  const searchComparison = compared.comparison ?? null;
  const used = takesItsPlace(use, current, searchComparison);
  const comparedAs =
    current === undefined
      ? 'There was no search model to compare the new one with.'
      : (compared.fault ?? searchVerdict(searchComparison));
  const found = `${comparedAs} ${used || !current ? 'It answers once it has embedded every photo.' : `It is kept and not used: "${current.name}" goes on answering.`}`;
  return {
    modelId: model.id,
    currentModelId: current?.id ?? null,
    used,
    comparison: null,
    searchComparison,
    ...inWords(found, used, model.id),
  };
}

function inWords(found: string, used: boolean, id: ModelId): Pick<CandidateOutcome, 'found' | 'sentence'> {
  return { found, sentence: used ? found : `${found} Use it with: ekphrasis models use ${id}` };
}

interface Attempt<Comparison> {
  readonly comparison?: Comparison | undefined;
  readonly fault?: string;
}

async function attempt<Comparison>(
  compare: () => Promise<Comparison | undefined>,
  signal: AbortSignal | undefined,
): Promise<Attempt<Comparison>> {
  try {
    return { comparison: await compare() };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EkphrasisError && error.code === ErrorCode.InvalidDataset) return {};
    return {
      fault: `The new model could not be compared with the current one: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** @returns undefined where there is nothing to compare with, or on */
async function compareWith(
  { model, dataset }: Candidate,
  current: ModelRecord | undefined,
  dependencies: DecisionDependencies,
  signal: AbortSignal | undefined,
): Promise<CandidateComparison | undefined> {
  const request = { split: 'dev', dataset: dataset?.id } as const;
  // What was measured of the current model before is not measured again: then the second half is skipped.
  const part = (before: number) => (done: number, total: number) =>
    dependencies.onProgress?.(before * total + done, (current ? 2 : 1) * total);
  const { evaluation, captions } = await evaluateModel({ ...request, model }, dependencies, part(0), signal);
  if (!current) return undefined;
  const known = await findEvaluation(
    current,
    evaluation,
    new Set(captions.map(({ imageId }) => imageId)),
    dependencies,
  );
  const other =
    known ?? (await evaluateModel({ ...request, model: current }, dependencies, part(1), signal)).evaluation;
  const { store } = dependencies;
  const [own, others] = await Promise.all([
    store.evaluations.captionsOf(evaluation.id),
    store.evaluations.captionsOf(other.id),
  ]);
  // Without a data set, uploads are among the photos already.
  const uploads =
    dataset === undefined ? 0 : (await photosToMeasure({ split: 'dev', dataset: null }, dependencies)).total;
  if (uploads > 0) {
    const onUploads = { split: 'dev', dataset: null } as const;
    own.push(
      ...withoutDataset((await measureModel({ ...onUploads, model }, dependencies, undefined, signal)).captions),
    );
    others.push(
      ...withoutDataset(
        (await measureModel({ ...onUploads, model: current }, dependencies, undefined, signal)).captions,
      ),
    );
  }
  const comparison = await compareEvaluations(own, others);
  const cider = comparison?.differences.find(({ metric }) => metric === 'cider');
  if (!comparison || !cider) return undefined;
  const { difference, interval, pValue } = cider;
  const mean = (all: readonly EvaluatedCaptionRecord[]) =>
    new ScoreTable(all.map(({ scores }) => scores)).figures().cider ?? NaN;
  const figures = { cider: mean(own), currentCider: mean(others), difference, ...interval, pValue };
  return {
    images: comparison.images,
    dataset: dataset?.name ?? null,
    evaluationId: evaluation.id,
    currentEvaluationId: other.id,
    ...figures,
  };
}

function withoutDataset(captions: readonly Omit<EvaluatedCaptionRecord, 'datasets'>[]): EvaluatedCaptionRecord[] {
  return captions.map((caption) => ({ ...caption, datasets: [] }));
}

/** What was measured of a model in the same way on exactly the same photos. */
async function findEvaluation(
  model: ModelRecord,
  like: EvaluationRecord,
  imageIds: ReadonlySet<string>,
  { store }: EvaluationDependencies,
): Promise<EvaluationRecord | undefined> {
  const known = await store.evaluations.latest({ modelId: model.id, split: like.split, dataset: like.dataset });
  if (known?.signature !== like.signature || known.images !== like.images) return undefined;
  const captions = await store.evaluations.captionsOf(known.id);
  return captions.length === imageIds.size && captions.every(({ imageId }) => imageIds.has(imageId))
    ? known
    : undefined;
}

function verdict(comparison: CandidateComparison | null): string {
  if (!comparison) return NOTHING_HELD_OUT;
  const { cider, currentCider } = comparison;
  return judgement(comparison, `CIDEr-D ${cider.toFixed(3)} instead of ${currentCider.toFixed(3)}`, (value) =>
    value.toFixed(2),
  );
}

function searchVerdict(comparison: SearchCandidateComparison | null): string {
  if (!comparison) return NOTHING_HELD_OUT;
  const percent = (value: number) => (100 * value).toFixed(1);
  const { recall, currentRecall } = comparison;
  return judgement(
    comparison,
    `mean recall among 1, 5 and 10 ${percent(recall)} % instead of ${percent(currentRecall)} %`,
    percent,
  );
}

const NOTHING_HELD_OUT = 'There are no held-out photos with captions to compare the new model with the current one on.';

type Judged = Pick<CandidateComparison, 'images' | 'dataset' | 'difference' | 'low' | 'high' | 'pValue'>;

function judgement(comparison: Judged, figures: string, format: (value: number) => string): string {
  const { images, dataset, difference, low, high } = comparison;
  const on = `${images} held-out ${images === 1 ? 'photo' : 'photos'} of ${dataset ?? 'all data sets'}`;
  const signed = (value: number) => `${value < 0 ? '-' : '+'}${format(Math.abs(value))}`;
  const interval = `difference ${signed(difference)}, 95 %: ${signed(low)} to ${signed(high)}`;
  return `The new model is ${worth(comparison)} on ${on} (${figures}; ${interval}).`;
}

function worth(comparison: Judged): string {
  if (isBetter(comparison)) return 'better than the current one';
  return comparison.difference < 0 && comparison.pValue < SIGNIFICANT
    ? 'worse than the current one'
    : 'about as good as the current one, within chance,';
}
