import type { SplitKind } from '../kind.js';
import { indexing, indexNeeds, type IndexSettings, indexSettingsSchema } from './indexing.js';

export const embedKind: SplitKind<IndexSettings> = {
  kind: 'embed',
  description: 'Has photos seen that the encoder has not seen, and embedded that the search model has not.',
  settings: indexSettingsSchema,
  policy: { retries: 4 },
  scope: 'train',
  needs: indexNeeds,
  photos: (settings, _job, store) => indexing(settings, store, { removesOthers: false }),
};
