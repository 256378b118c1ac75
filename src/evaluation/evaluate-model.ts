/** Measures a model: captions a split with it and compares with what people wrote. */
import type { OpenCollection } from '../collection/context.js';
import { seeStoredImages } from '../collection/see-images.js';
import { writeCaptions } from '../collection/write-captions.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { sentenceKey } from './diversity.js';
import type { EvaluationReport, ReportDetails, ScoredCaption } from './report.js';
import { inScoringThread } from './scoring.js';
import type { DatasetId, ImageId } from '../ids.js';
import type { InferenceClient } from '../inference/client.js';
import { tokenise } from '../language/tokeniser.js';
import type { CheckpointFiles } from '../models/checkpoint-files.js';
import type { CaptionedImage } from '../store/captions.js';
import type { EvaluationRecord } from '../store/evaluations.js';
import type { Split } from '../splits.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { DEFAULT_OPTIONS, describeOptions } from '../captioner/captioner.js';
import {
  describeLeftOut,
  inGroups,
  type RegionsOf,
  type SeenPhotos,
  seenPhotos,
} from '../collection/captioned-photos.js';
import { whileNeeding } from '../store/needs.js';

export interface EvaluationDependencies {
  readonly store: Pick<Store, 'libraryFiles' | 'captions' | 'evaluations' | 'models' | 'datasets' | 'locks'>;
  readonly inference: InferenceClient;
  readonly checkpoints: CheckpointFiles;
  readonly regionsOf: RegionsOf;
}

/** What models are measured with: photos are seen after those that people wait for. */
export function evaluationDependencies(
  context: OpenCollection,
): EvaluationDependencies & Pick<OpenCollection, 'store'> {
  const { store, inference, checkpoints } = context;
  return { store, inference, checkpoints, regionsOf: (imageIds) => seeStoredImages(imageIds, context, 'background') };
}

export interface EvaluationRequest {
  readonly model: ModelRecord;
  readonly split: Split;
  /** Only photos of this data set, or uploads where it is null. Default: those of all. */
  readonly dataset?: DatasetId | null | undefined;
}

export interface EvaluatedModel {
  readonly evaluation: EvaluationRecord;
  readonly details: ReportDetails;
  readonly captions: readonly EvaluatedPhoto[];
}

/** A photo of an evaluation with what the model wrote and its scores. */
export interface EvaluatedPhoto extends ScoredCaption {
  readonly imageId: ImageId;
  readonly text: string;
  readonly file: string;
  readonly caption: string;
}

/** Digits of the judge's hash in a signature. */
const JUDGE_NAME = 8;
/** Photos captioned in one call. */
const GROUP = 16;

/** Photos of the split that have reference captions. */
export function photosToMeasure(
  { split, dataset }: Omit<EvaluationRequest, 'model'>,
  { store, inference, regionsOf }: EvaluationDependencies,
): Promise<SeenPhotos> {
  return seenPhotos(store, inference.encoder, regionsOf, { splits: [split], dataset });
}

/**
 * Captions every photo of the split that has reference captions and keeps the figures, with the data set they are of.
 * Neither the model nor the photos are deleted meanwhile.
 *
 * @throws what `measureModel` throws; NOT_FOUND where the model or the data set was deleted
 */
export async function evaluateModel(
  request: EvaluationRequest & { readonly dataset?: DatasetId | undefined },
  dependencies: EvaluationDependencies,
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<EvaluatedModel> {
  const { model, split, dataset } = request;
  return whileNeeding({ models: [model.id], photos: { of: dataset } }, dependencies.store, async () => {
    const { report, captions } = await measureModel(request, dependencies, onProgress, signal);
    const evaluation = await dependencies.store.evaluations.add({
      ...report,
      modelId: model.id,
      split,
      dataset,
      captions,
    });
    return { evaluation, details: report.details, captions };
  });
}

/**
 * Captions every photo of the split that has reference captions, and measures.
 *
 * @param onProgress told of photos done and photos in all
 * @throws INVALID_DATASET when the split has no such photo; NO_MODEL, INVALID_CHECKPOINT, ENCODER_MISMATCH; the
 *   signal's reason when aborted
 */
export async function measureModel(
  { model, split, dataset }: EvaluationRequest,
  dependencies: EvaluationDependencies,
  onProgress: (done: number, total: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<{ readonly report: EvaluationReport; readonly captions: readonly EvaluatedPhoto[] }> {
  const { store, inference, checkpoints } = dependencies;
  const photos = await photosToMeasure({ split, dataset }, dependencies);
  const none = () => {
    const why = describeLeftOut(photos.leftOut()) ?? 'Import a data set first: ekphrasis import FOLDER.';
    const message = `There are no photos with captions in the ${split} split that can be seen. ${why}`;
    return new EkphrasisError(ErrorCode.InvalidDataset, message);
  };
  if (photos.total === 0) throw none();
  const evaluated: WrittenPhoto[] = [];
  let judgedBy: string | undefined;
  for await (const group of inGroups(photos.images, GROUP)) {
    signal?.throwIfAborted();
    const regions = group.map((photo) => photo.regions);
    const { captions, judge } = await writeCaptions(model, regions, { store, checkpoints, inference }, 'background');
    judgedBy = judge?.checkpointSha256.slice(0, JUDGE_NAME);
    group.forEach(({ id, sha256, name, captions: references }, index) => {
      evaluated.push({ id, sha256, name, captions: references, caption: captions[index]?.[0]?.text ?? '' });
    });
    onProgress(evaluated.length, photos.total);
  }
  if (evaluated.length === 0) throw none();
  return scorePhotos(
    evaluated,
    { decoding: describeOptions(DEFAULT_OPTIONS, judgedBy), dataset, leftOut: photos.leftOut() },
    store,
  );
}

/** A photo with what was written for it and what people wrote. */
export interface WrittenPhoto extends CaptionedImage {
  readonly caption: string;
}

export interface ScoringOptions {
  /** How the captions were written; becomes part of the signature. */
  readonly decoding: string;
  readonly dataset: DatasetId | null | undefined;
  /** Photos with references that have no part in it. */
  readonly leftOut: number;
}

/** Scores captions of photos, however they came to be. @param photos at least one, each with a reference */
export async function scorePhotos(
  photos: readonly WrittenPhoto[],
  { decoding, dataset, leftOut }: ScoringOptions,
  store: Pick<Store, 'captions'>,
): Promise<{ readonly report: EvaluationReport; readonly captions: readonly EvaluatedPhoto[] }> {
  const written = photos.map(({ caption }) => caption);
  const images = photos.map(({ caption, captions: references }) => ({ caption, references }));
  const measured = await inScoringThread('evaluateCaptions', images, {
    decoding,
    known: await knownCaptions(store, written, dataset),
  });
  const report = { ...measured, details: { ...measured.details, leftOut } };
  const captions = photos.flatMap(({ id, name, caption }, index) => {
    const scored = report.captions[index];
    return scored ? [{ ...scored, imageId: id, text: caption, file: name, caption }] : [];
  });
  return { report, captions };
}

/**
 * Those of the captions that models trained on this data set, or on all, may have read; undefined without training
 * photos.
 */
async function knownCaptions(
  store: Pick<Store, 'captions'>,
  captions: readonly string[],
  dataset: DatasetId | null | undefined,
): Promise<Set<string> | undefined> {
  const written = new Set(captions.map((text) => sentenceKey(tokenise(text))));
  let known: Set<string> | undefined;
  for await (const photo of store.captions.captioned(['train'], dataset)) {
    known ??= new Set();
    for (const key of photo.captions.map((text) => sentenceKey(tokenise(text)))) if (written.has(key)) known.add(key);
  }
  return known;
}
