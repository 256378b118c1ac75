/** Measures a model: captions a split with it and compares with what people wrote. */
import { writeCaptions } from '../collection/write-captions.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { evaluateCaptions } from '../evaluation/report.js';
import type { InferenceClient } from '../inference/client.js';
import type { CheckpointFiles } from '../store/checkpoint-files.js';
import type { EvaluationRecord } from '../store/evaluations.js';
import type { Split } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { DEFAULT_OPTIONS, describeOptions } from '../captioner/captioner.js';
import { type RegionsOf, type SeenPhoto, seenPhotos } from './collection-photos.js';

export interface EvaluationSurroundings {
  readonly store: Pick<Store, 'captions' | 'evaluations' | 'models'>;
  readonly inference: InferenceClient;
  readonly checkpoints: CheckpointFiles;
  readonly regionsOf: RegionsOf;
}

export interface EvaluationRequest {
  readonly model: ModelRecord;
  readonly split: Split;
  /** Only photos of this data set; those of all without. */
  readonly dataset?: string | undefined;
}

export interface EvaluatedModel {
  readonly evaluation: EvaluationRecord;
  readonly captions: readonly { readonly file: string; readonly caption: string }[];
}

/** Digits of the judge's hash in a signature. */
const JUDGE_NAME = 8;
/** Photos captioned in one call. */
const GROUP = 16;

/**
 * Captions every photo of the split that has reference captions and keeps the figures.
 *
 * @param onProgress told of photos done and photos in all
 * @throws INVALID_DATASET when the split has no such photo; NO_MODEL, INVALID_CHECKPOINT, ENCODER_MISMATCH; the signal's reason when aborted
 */
export async function evaluateModel(
  { model, split, dataset }: EvaluationRequest,
  { store, inference, checkpoints, regionsOf }: EvaluationSurroundings,
  onProgress: (done: number, total: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<EvaluatedModel> {
  const photos = await seenPhotos(store, inference.encoderId, regionsOf, { splits: [split], dataset });
  if (photos.total === 0) {
    throw new EkphrasisError(
      ErrorCode.InvalidDataset,
      `There are no photos with captions in the ${split} split. Import a data set first: ekphrasis import FOLDER.`,
    );
  }
  const evaluated: { name: string; caption: string; references: readonly string[] }[] = [];
  let judgedBy: string | undefined;
  for await (const group of inGroups(photos.images, GROUP)) {
    signal?.throwIfAborted();
    const regions = group.map((photo) => photo.regions);
    const { captions, judge } = await writeCaptions(model, regions, { store, checkpoints, inference }, 'background');
    judgedBy = judge?.checkpointSha256.slice(0, JUDGE_NAME);
    group.forEach((photo, index) => {
      evaluated.push({ name: photo.name, caption: captions[index]?.text ?? '', references: photo.captions });
    });
    onProgress(evaluated.length, photos.total);
  }
  const report = evaluateCaptions(evaluated, describeOptions(DEFAULT_OPTIONS, judgedBy));
  const evaluation = await store.evaluations.add({ modelId: model.id, split, ...report });
  return { evaluation, captions: evaluated.map(({ name, caption }) => ({ file: name, caption })) };
}

async function* inGroups(photos: AsyncIterable<SeenPhoto>, size: number): AsyncGenerator<SeenPhoto[]> {
  let group: SeenPhoto[] = [];
  for await (const photo of photos) {
    group.push(photo);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
