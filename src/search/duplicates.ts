/** Photos of the collection that are the same picture, saved more than once. */
import type { EncoderId, ImageId } from '../ids.js';
import type { Store } from '../store/store.js';
import type { Neighbour } from '../store/nearest.js';
import { NEAR_DUPLICATE_SIMILARITY } from './near-duplicates.js';
import { checkLimit } from './requests.js';

export interface DuplicateGroup {
  /** The one that was added first. */
  readonly imageId: ImageId;
  /** The others, the most similar first. */
  readonly copies: readonly Pick<Neighbour, 'imageId' | 'similarity'>[];
}

export interface DuplicateGroups {
  readonly groups: readonly DuplicateGroup[];
  /** The photo behind which the search goes on; undefined once all were looked at. */
  readonly next: ImageId | undefined;
}

/** Photos looked at together. */
const BATCH = 50;
/** Photos looked at for one answer: two seconds. */
const MOST_PHOTOS = 500;
/** Copies of a photo that are told. */
const MOST_COPIES = 20;

/**
 * Groups of near-duplicates (`NEAR_DUPLICATE_SIMILARITY`), by the photo of each that was added first. A photo that is like
 * two others which are not like each other is told with the older of them.
 *
 * @param limit of groups
 * @param after the photo behind which to begin
 * @throws EkphrasisError BAD_USER_INPUT for a limit out of range
 */
export async function findDuplicates(
  { limit = 20, after }: { readonly limit?: number | undefined; readonly after?: ImageId | undefined },
  { images, features }: Pick<Store, 'images' | 'features'>,
): Promise<DuplicateGroups> {
  checkLimit(limit);
  const groups: DuplicateGroup[] = [];
  let last = after;
  for (let looked = 0; looked < MOST_PHOTOS; looked += BATCH) {
    const ids = await images.idsAfter(last, BATCH);
    const answering = await features.ofAnswering(ids);
    for (const imageId of ids) {
      const vector = answering?.vectors.get(imageId);
      const copies = answering && vector ? await copiesOf(imageId, vector, answering.encoder, features) : [];
      last = imageId;
      if (copies.length > 0) groups.push({ imageId, copies });
      if (groups.length === limit) return { groups, next: last };
    }
    if (ids.length < BATCH) return { groups, next: undefined };
  }
  return { groups, next: last };
}

/** @returns nothing where one of them is older, with which they are told */
async function copiesOf(
  imageId: ImageId,
  vector: Float32Array,
  encoder: EncoderId,
  features: Store['features'],
): Promise<DuplicateGroup['copies']> {
  const near = await features.nearest(encoder, { vector, limit: MOST_COPIES, without: [imageId] });
  const copies = near.filter(({ similarity }) => similarity >= NEAR_DUPLICATE_SIMILARITY);
  return copies.some((copy) => copy.imageId < imageId) ? [] : copies;
}
