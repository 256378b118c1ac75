import type { SplitKind } from '../kind.js';
import { indexing, indexNeeds, type IndexSettings, indexSettingsSchema } from './indexing.js';

export const reindexKind: SplitKind<IndexSettings> = {
  kind: 'reindex',
  description: 'Embeds, and removes what other encoders and search models made when all is there.',
  settings: indexSettingsSchema,
  policy: { retries: 4 },
  scope: 'train',
  needs: indexNeeds,
  photos: (settings, _job, store) => indexing(settings, store, { removesOthers: true }),
};
