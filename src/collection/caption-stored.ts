/** Captions for photos that are in the collection already. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import type { GeneratedCaptionRecord } from '../store/captions.js';
import type { ModelRecord } from '../store/models.js';
import { checkEncoder } from '../models/encoder-fit.js';
import type { Priority } from '../inference/requester.js';
import type { CollectionContext } from './context.js';
import { embedByAll } from './embed-images.js';
import { seeStoredImages } from './see-images.js';
import { writeCaptions } from './write-captions.js';

export interface CaptionStoredOptions {
  /** `interactive` by default. */
  readonly priority?: Priority | undefined;
  /** What the model wrote before this moment is written anew. */
  readonly writtenSince?: Date | undefined;
}

/**
 * What a model writes for stored photos: what it wrote before, and for the others what it writes now, which is kept.
 * What people wrote is kept apart and never touched.
 *
 * @param imageIds as many as a person waits for
 * @returns in the order of the ids
 * @throws EkphrasisError NOT_FOUND for an unknown photo; ENCODER_MISMATCH, NO_MODEL, INVALID_CHECKPOINT,
 *   STORAGE_FAILED, PROCESS_FAILED
 */
export async function captionStored(
  imageIds: readonly ImageId[],
  model: ModelRecord,
  context: Pick<CollectionContext, 'store' | 'regions' | 'checkpoints' | 'inference' | 'limits'>,
  { priority, writtenSince }: CaptionStoredOptions = {},
): Promise<GeneratedCaptionRecord[]> {
  const { store, inference } = context;
  const written = await store.captions.generatedOf(imageIds, model.id);
  const isWritten = (id: ImageId) =>
    written.get(id)?.some(({ createdAt }) => !writtenSince || createdAt >= writtenSince);
  const missing = [...new Set(imageIds)].filter((id) => !isWritten(id));
  if (missing.length > 0) {
    checkEncoder(model, inference.encoder.id);
    const regions = await seeStoredImages(missing, context, priority);
    const { captions } = await writeCaptions(model, regions, context, priority);
    for (const [index, imageId] of missing.entries()) {
      const best = captions[index]?.[0];
      if (!best)
        throw new EkphrasisError(
          ErrorCode.ProcessFailed,
          `The model ${model.name} wrote nothing for the image ${imageId}.`,
        );
      written.set(imageId, [
        await store.captions.putGenerated({ ...best, imageId, modelId: model.id, language: model.language }),
      ]);
    }
  }
  return imageIds.flatMap((id) => written.get(id)?.[0] ?? []);
}

/**
 * Finishes what `captionPhoto` began and did not come to the end of: photos are set where searches find them, and
 * captioned.
 *
 * @throws as `captionStored`
 */
export async function captionOwed(
  imageIds: readonly ImageId[],
  model: ModelRecord,
  context: Pick<CollectionContext, 'store' | 'regions' | 'checkpoints' | 'inference' | 'limits'>,
): Promise<void> {
  const priority = 'background';
  const regions = await seeStoredImages(imageIds, context, priority);
  const seen = imageIds.flatMap((id, index) => ({ id, regions: regions[index] ?? new Uint16Array() }));
  await embedByAll(seen, context, priority);
  await captionStored(imageIds, model, context, { priority });
}
