/**
 * Two search models on the same held-out photos: how often each finds a photo by its captions, and captions by their
 * photo.
 */
import { inScoringThread } from './scoring.js';
import type { RetrievalComparison } from './retrieval-comparison.js';
import type { DatasetId } from '../ids.js';
import type { ModelRecord } from '../store/models.js';
import { inGroups } from '../collection/captioned-photos.js';
import { type EvaluationDependencies, photosToMeasure } from './evaluate-model.js';

/** Photos embedded in one call. */
const GROUP = 64;

export interface SearchComparison extends RetrievalComparison {
  readonly images: number;
  readonly texts: number;
}

/**
 * @param dataset whose dev photos are compared on. Default: all.
 * @returns undefined where there are no held-out photos with captions
 * @throws the signal's reason when aborted; NO_MODEL, INVALID_CHECKPOINT, PROCESS_FAILED
 */
export async function compareSearchModels(
  model: ModelRecord,
  current: ModelRecord,
  dataset: DatasetId | undefined,
  dependencies: EvaluationDependencies,
  signal: AbortSignal | undefined,
): Promise<SearchComparison | undefined> {
  const { inference, checkpoints } = dependencies;
  const photos = await photosToMeasure({ split: 'dev', dataset }, dependencies);
  if (photos.total === 0) return undefined;
  const imageOf: number[] = [];
  const [own, other] = await Promise.all(
    [model, current].map(async (one) => ({
      path: await checkpoints.pathOf(one),
      images: [] as Float32Array[],
      texts: [] as (Float32Array | undefined)[],
    })),
  );
  if (!own || !other) throw new RangeError('two models are compared');
  for await (const group of inGroups(photos.images, GROUP)) {
    signal?.throwIfAborted();
    const captions = group.flatMap((photo) => photo.captions);
    const first = own.images.length;
    for (const one of [own, other]) {
      one.images.push(
        ...(await inference.embedImages(
          one.path,
          group.map(({ regions }) => regions),
          { priority: 'background' },
        )),
      );
      one.texts.push(...(await inference.embedTexts(one.path, captions, { priority: 'background' })));
    }
    group.forEach((photo, place) => {
      imageOf.push(...photo.captions.map(() => first + place));
    });
  }
  const compared = await inScoringThread('compareRetrieval', own, other, Int32Array.from(imageOf));
  return { images: own.images.length, texts: imageOf.length, ...compared };
}
