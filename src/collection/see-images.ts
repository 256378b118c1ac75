/** Region features of stored photos: from the cache where they are, else seen anew. */
import { found } from '../errors.js';
import type { ImageId, Sha256 } from '../ids.js';
import { mirrorPhoto } from '../vision/photo.js';
import type { Priority } from '../inference/requester.js';
import type { CollectionContext } from './context.js';
import { embedByAll, embeddingModels } from './embed-images.js';
import { photoLimitsOf, readPhoto } from './read-photo.js';

export interface StoredPhoto {
  readonly id: ImageId;
  readonly sha256: Sha256;
  /** Where they are at hand; otherwise they are read from the store when needed. */
  readonly bytes?: Uint8Array;
  /** What is decoded of them, where it is at hand: see `readPhoto`. */
  readonly readable?: Uint8Array | undefined;
}

type SeeContext = Pick<CollectionContext, 'store' | 'regions' | 'inference' | 'limits'>;

/**
 * The regions of photos, in their order. What the encoder that runs has not seen yet is encoded, and both its pooled
 * features and its regions are kept.
 *
 * @param images as many as fit into memory: VGG16's regions are 50 KB of each, and the bytes of those not seen yet
 * @returns float16 bits [regions * regionSize] of each
 * @throws EkphrasisError NOT_FOUND when a photo was deleted meanwhile; STORAGE_FAILED; PROCESS_FAILED
 */
export async function seeImages(
  images: readonly StoredPhoto[],
  context: SeeContext,
  priority?: Priority,
): Promise<Uint16Array[]> {
  const known = await readKnown(images, context);
  const unseen = [...new Map(images.map((image) => [image.id, image])).values()].filter(({ id }) => !known.has(id));
  const fresh = await encodeImages(unseen, context, priority);
  return images.map(({ id }) => {
    const regions = known.get(id) ?? fresh.get(id);
    if (!regions) throw new Error(`no regions were made for ${id}`);
    return regions;
  });
}

/** `seeImages` for photos of which only the ids are at hand. */
export async function seeStoredImages(
  imageIds: readonly ImageId[],
  context: SeeContext,
  priority?: Priority,
): Promise<Uint16Array[]> {
  return seeImages(await findStored(imageIds, context), context, priority);
}

/**
 * The regions of stored photos as a mirror shows them, in their order: from the cache where they are, else seen anew.
 * They are for training only; no features of them are kept.
 *
 * @param imageIds as many as fit into memory
 * @returns float16 bits [regions * regionSize] of each
 * @throws EkphrasisError NOT_FOUND when a photo was deleted meanwhile; STORAGE_FAILED; PROCESS_FAILED
 */
export async function seeMirrored(
  imageIds: readonly ImageId[],
  context: SeeContext,
  priority: Priority = 'background',
): Promise<Uint16Array[]> {
  const { regions, inference } = context;
  const { encoder } = inference;
  const see = async (photo: StoredPhoto) => {
    const { id, sha256 } = photo;
    const known = await regions.read(encoder, sha256, 'mirrored');
    if (known) return known;
    const readable = await readableOf(photo, context, priority);
    const mirrored = await mirrorPhoto(readable, photoLimitsOf(context), encoder.input.side);
    const [features] = await inference.encode([mirrored], { priority });
    if (!features) throw new Error(`no regions were made for ${id}`);
    await regions.write(encoder, sha256, features.regions, 'mirrored');
    return features.regions;
  };
  return Promise.all((await findStored(imageIds, context)).map(see));
}

/** Those of the photos, each once, that the running encoder has not seen, or that are not embedded. */
export async function unseenImages<Photo extends StoredPhoto>(
  images: readonly Photo[],
  { store, inference: { encoder } }: SeeContext,
): Promise<Photo[]> {
  const ids = images.map(({ id }) => id);
  const models = await embeddingModels(store, encoder.id);
  const known = await Promise.all([
    store.features.having(ids, encoder.id),
    ...models.map((model) => store.embeddings.having(ids, model.id)),
  ]);
  const once = [...new Map(images.map((image) => [image.id, image])).values()];
  return once.filter(({ id }) => !known.every((having) => having.has(id)));
}

/**
 * Has searches find photos: those that lack it are seen by the encoder and embedded by search models.
 *
 * @param images as many as fit into memory
 * @throws EkphrasisError as `seeImages` does
 */
export async function seeUnseen(
  images: readonly StoredPhoto[],
  context: SeeContext & Pick<CollectionContext, 'checkpoints'>,
  priority: Priority,
): Promise<void> {
  const unseen = await unseenImages(images, context);
  const seen = await seeImages(unseen, context, priority);
  await embedByAll(
    unseen.flatMap(({ id }, index) => ({ id, regions: seen[index] ?? new Uint16Array() })),
    context,
    priority,
  );
}

async function findStored(imageIds: readonly ImageId[], { store }: SeeContext): Promise<StoredPhoto[]> {
  const records = new Map((await store.images.findMany(imageIds)).map((record) => [record.id, record]));
  return imageIds.map((id) => found(records.get(id), `image ${id}`));
}

async function readKnown(images: readonly StoredPhoto[], context: SeeContext): Promise<Map<ImageId, Uint16Array>> {
  const { encoder } = context.inference;
  const featured = await context.store.features.having(
    images.map(({ id }) => id),
    encoder.id,
  );
  const known = new Map<ImageId, Uint16Array>();
  await Promise.all(
    images.map(async ({ id, sha256 }) => {
      const regions = featured.has(id) ? await context.regions.read(encoder, sha256) : undefined;
      if (regions) known.set(id, regions);
    }),
  );
  return known;
}

/** Sees photos, each given once, and keeps what was seen. */
async function encodeImages(
  images: readonly StoredPhoto[],
  context: SeeContext,
  priority: Priority | undefined,
): Promise<Map<ImageId, Uint16Array>> {
  const { store, regions, inference } = context;
  const photos = await Promise.all(images.map((image) => readableOf(image, context, priority)));
  const features = await inference.encode(photos, { priority });
  const seen = images.flatMap((image, index) => {
    const feature = features[index];
    return feature ? [{ image, feature }] : [];
  });
  const { encoder } = inference;
  await Promise.all(seen.map(({ image, feature }) => regions.write(encoder, image.sha256, feature.regions)));
  // Last: a feature says that the regions were kept, too.
  await store.features.put(
    seen.map(({ image, feature }) => ({ imageId: image.id, encoder: encoder.id, vector: feature.pooled })),
  );
  return new Map(seen.map(({ image, feature }) => [image.id, feature.regions]));
}

async function readableOf(
  { id, bytes, readable }: StoredPhoto,
  context: SeeContext,
  priority: Priority | undefined,
): Promise<Uint8Array> {
  if (readable) return readable;
  const stored = bytes ?? found(await context.store.images.readBytes(id), `image ${id}`);
  return (await readPhoto(stored, context, priority)).bytes;
}
