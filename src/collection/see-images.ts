/** Region features of stored photos: from the cache where they are, else seen anew. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId, Sha256 } from '../ids.js';
import { DEFAULT_PHOTO_LIMITS, mirrorPhoto } from '../vision/photo.js';
import type { CollectionContext, Priority } from './context.js';
import { embeddingModels } from './embed-images.js';

export interface StoredPhoto {
  readonly id: ImageId;
  readonly sha256: Sha256;
  /** Where they are at hand; otherwise they are read from the store when needed. */
  readonly bytes?: Uint8Array;
}

type SeeContext = Pick<CollectionContext, 'store' | 'regions' | 'inference'>;

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
  priority: Priority = 'interactive',
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
  priority: Priority = 'interactive',
): Promise<Uint16Array[]> {
  return seeImages(await findStored(imageIds, context), context, priority);
}

/**
 * The regions of stored photos as a mirror shows them, in their order: from the cache where they are, else seen anew. They
 * are for training only; no features of them are kept.
 *
 * @param imageIds as many as fit into memory
 * @returns float16 bits [regions * regionSize] of each
 * @throws EkphrasisError NOT_FOUND when a photo was deleted meanwhile; STORAGE_FAILED; PROCESS_FAILED
 */
export async function seeMirrored(
  imageIds: readonly ImageId[],
  context: SeeContext & Pick<CollectionContext, 'limits'>,
  priority: Priority = 'background',
): Promise<Uint16Array[]> {
  const { regions, inference, limits } = context;
  const { encoder } = inference;
  const photoLimits = { ...DEFAULT_PHOTO_LIMITS, maximumPixels: limits.maximumPixels };
  const see = async ({ id, sha256 }: StoredPhoto) => {
    const known = await regions.read(encoder, sha256, 'mirrored');
    if (known) return known;
    const [features] = await inference.encode([await mirrorPhoto(await readBytes(id, context), photoLimits, encoder.input.side)], { priority });
    if (!features) throw new Error(`no regions were made for ${id}`);
    await regions.write(encoder, sha256, features.regions, 'mirrored');
    return features.regions;
  };
  return Promise.all((await findStored(imageIds, context)).map(see));
}

/** Those of the photos that the running encoder has not seen, whose regions are gone from the cache, or that are not embedded. */
export async function unseenImages<Photo extends StoredPhoto>(images: readonly Photo[], context: SeeContext): Promise<Photo[]> {
  const { encoder } = context.inference;
  const ids = images.map(({ id }) => id);
  const models = await embeddingModels(context.store, encoder.id);
  const [featured, ...embedded] = await Promise.all([
    context.store.features.having(ids, encoder.id),
    ...models.map((model) => context.store.embeddings.having(ids, model.id)),
  ]);
  const seen = new Set<ImageId>();
  await Promise.all(
    images.map(async ({ id, sha256 }) => {
      if (featured.has(id) && embedded.every((known) => known.has(id)) && (await context.regions.has(encoder, sha256))) seen.add(id);
    }),
  );
  return images.filter(({ id }) => !seen.has(id));
}

async function findStored(imageIds: readonly ImageId[], { store }: SeeContext): Promise<StoredPhoto[]> {
  const records = new Map((await store.images.findMany(imageIds)).map((record) => [record.id, record]));
  return imageIds.map((id) => {
    const record = records.get(id);
    if (!record) throw notFound(id);
    return record;
  });
}

async function readKnown(images: readonly StoredPhoto[], context: SeeContext): Promise<Map<ImageId, Uint16Array>> {
  const { encoder } = context.inference;
  const featured = await context.store.features.having(images.map(({ id }) => id), encoder.id);
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
  priority: Priority,
): Promise<Map<ImageId, Uint16Array>> {
  const { store, regions, inference } = context;
  const photos = await Promise.all(images.map(async (image) => image.bytes ?? (await readBytes(image.id, context))));
  const features = await inference.encode(photos, { priority });
  const seen = images.flatMap((image, index) => {
    const feature = features[index];
    return feature ? [{ image, feature }] : [];
  });
  const { encoder } = inference;
  await Promise.all(seen.map(({ image, feature }) => regions.write(encoder, image.sha256, feature.regions)));
  // Last: a feature says that the regions were kept, too.
  await store.features.put(seen.map(({ image, feature }) => ({ imageId: image.id, encoder: encoder.id, vector: feature.pooled })));
  return new Map(seen.map(({ image, feature }) => [image.id, feature.regions]));
}

async function readBytes(id: ImageId, { store }: SeeContext): Promise<Uint8Array> {
  const bytes = await store.images.readBytes(id);
  if (!bytes) throw notFound(id);
  return bytes;
}

function notFound(id: ImageId): EkphrasisError {
  return new EkphrasisError(ErrorCode.NotFound, `There is no image ${id}.`);
}
