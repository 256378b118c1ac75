import { z } from 'zod';
import { captionOwed, captionStored } from '../../collection/caption-stored.js';
import type { EncoderId, ModelId } from '../../ids.js';
import type { SplitKind } from '../kind.js';
import { findModel } from '../../models/registry.js';
import { pinEncoder } from '../pinned-encoder.js';

/**
 * A model writes for every photo, or for those it has written nothing for, or of these only where others have written;
 * or for those that the job was given because whoever was to caption them was lost.
 */
const settingsSchema = z.object({
  encoder: z.string().transform((id) => id as EncoderId),
  modelId: z.string().transform((id) => id as ModelId),
  onlyMissing: z.boolean(),
  onlyOfOthers: z.boolean().default(false),
  onlyOwed: z.boolean().default(false),
});

export const captionKind: SplitKind<z.output<typeof settingsSchema>> = {
  kind: 'caption',
  description: 'Has a model write for photos.',
  settings: settingsSchema,
  policy: { retries: 4 },
  scope: 'train',
  // Photos that go meanwhile are left out.
  needs: ({ modelId }) => ({ models: [modelId] }),
  model: ({ modelId }) => modelId,
  photos: ({ encoder, modelId, onlyMissing, onlyOfOthers, onlyOwed }, job, store) => ({
    idsAfter(after, limit) {
      if (onlyOwed) return store.owedCaptions.ofJob(job.id, after, limit);
      if (onlyOfOthers) return store.captions.idsOnlyOfOthers(modelId, after, limit);
      return onlyMissing ? store.captions.idsWithout(modelId, after, limit) : store.images.idsAfter(after, limit);
    },
    async perform(imageIds, context) {
      const model = await findModel(store, modelId);
      const inference = pinEncoder(context.inference, encoder);
      if (onlyOwed) {
        await captionOwed(imageIds, model, { ...context, inference });
        return;
      }
      // A part that is delivered twice finds what it wrote the first time.
      const writtenSince = onlyMissing || onlyOfOthers ? undefined : job.createdAt;
      await captionStored(imageIds, model, { ...context, inference }, { priority: 'background', writtenSince });
    },
    async finish() {
      if (onlyOwed) await store.owedCaptions.settle(job.id);
      return true;
    },
  }),
};
