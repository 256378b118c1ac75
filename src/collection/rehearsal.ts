/**
 * Photos that a fine-tuning rehearses: what the model itself wrote for photos that nobody captioned, so that it goes on
 * writing so (pseudo-rehearsal; Robins 1995, "Catastrophic forgetting, rehearsal and pseudorehearsal"). Whoever has the
 * shipped model alone has none of the photos that it was trained on.
 */
import type { ModelId } from '../ids.js';
import type { Store } from '../store/store.js';
import type { RegionsOf, SeenPhoto, SeenPhotos } from './captioned-photos.js';
import { seeCaptioned } from './captioned-photos.js';

/**
 * The photos with others behind them, which are learned with the captions that the model wrote for them: as many as
 * there are photos, where the model has captioned so many.
 */
export async function withRehearsal(
  photos: SeenPhotos,
  modelId: ModelId,
  store: Pick<Store, 'captions' | 'libraryFiles'>,
  regionsOf: RegionsOf,
): Promise<SeenPhotos> {
  const captioned = await store.captions.ownOf(modelId, photos.total);
  const rehearsed = await seeCaptioned(
    captioned.map((photo) => ({ ...photo, split: 'train' as const })),
    photos.encoder,
    store,
    { regionsOf },
  );
  return {
    encoder: photos.encoder,
    total: photos.total + rehearsed.total,
    leftOut: photos.leftOut,
    images: inTurn(photos.images, rehearsed.images),
  };
}

async function* inTurn(...all: readonly AsyncIterable<SeenPhoto>[]): AsyncGenerator<SeenPhoto> {
  for (const photos of all) yield* photos;
}
