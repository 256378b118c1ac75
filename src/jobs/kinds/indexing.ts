/** What embedding and reindexing have in common. */
import { z } from 'zod';
import { embedImages, nextSearchModel } from '../../collection/embed-images.js';
import { seeStoredImages } from '../../collection/see-images.js';
import type { EncoderId, ImageId, ModelId } from '../../ids.js';
import type { PhotoWork, WorkStore } from '../kind.js';
import type { Needs } from '../../store/needs.js';
import { findModel } from '../../models/registry.js';
import { pinEncoder } from '../pinned-encoder.js';

/**
 * Every photo that has no feature of the encoder, or no embedding of the search model, gets one; then these answer
 * searches.
 */
export const indexSettingsSchema = z.object({
  encoder: z.string().transform((id) => id as EncoderId),
  searchModelId: z
    .string()
    .transform((id) => id as ModelId)
    .optional(),
});
export type IndexSettings = z.output<typeof indexSettingsSchema>;

/** Photos that are indexed are left out when they go. */
export function indexNeeds({ searchModelId }: IndexSettings): Needs {
  return { models: [searchModelId] };
}

/**
 * Photos are seen by an encoder and embedded by a search model. What others made of them answers searches until all are
 * done. Vectors of two makers are never compared.
 *
 * @param removesOthers whether what others made is removed then
 */
export function indexing(
  { encoder, searchModelId }: IndexSettings,
  store: WorkStore,
  { removesOthers }: { readonly removesOthers: boolean },
): PhotoWork {
  const { features, embeddings, models } = store;
  const idsAfter = async (after: ImageId | undefined, limit: number) => {
    const lacking = await Promise.all([
      features.idsWithout(encoder, after, limit),
      searchModelId === undefined ? [] : embeddings.idsWithout(searchModelId, after, limit),
    ]);
    return [...new Set(lacking.flat())].sort().slice(0, limit);
  };
  return {
    idsAfter,
    async perform(imageIds, context) {
      const pinned = { ...context, inference: pinEncoder(context.inference, encoder) };
      if (searchModelId === undefined) {
        const known = await features.having(imageIds, encoder);
        await seeStoredImages(
          imageIds.filter((id) => !known.has(id)),
          pinned,
          'background',
        );
        return;
      }
      const regions = await seeStoredImages(imageIds, pinned, 'background');
      const seen = imageIds.flatMap((id, index) => ({ id, regions: regions[index] ?? new Uint16Array() }));
      await embedImages(seen, await findModel(store, searchModelId, 'SEARCH'), pinned, 'background');
    },
    async finish() {
      if ((await idsAfter(undefined, 1)).length > 0) return false;
      await features.answerWith(encoder);
      if (removesOthers) await features.removeOthers(encoder);
      // A model that another has followed since the job began is not brought back.
      if (searchModelId === undefined || (await nextSearchModel(store, encoder))?.id !== searchModelId) return true;
      await models.makeCurrent(searchModelId);
      if (removesOthers) await embeddings.removeOthers(searchModelId);
      return true;
    },
  };
}
