/** A photo's way from upload to caption. */
import type { Caption } from '../captioner/captioner.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Sha256 } from '../ids.js';
import { sha256Of } from '../files/sha256.js';
import type { GeneratedCaptionRecord } from '../store/captions.js';
import type { ImageRecord } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import { inspectPhoto, type PhotoDescription } from '../vision/photo.js';
import { chooseCaptioner } from './choose-captioner.js';
import type { CollectionContext, Photo } from './context.js';
import { embedByAll } from './embed-images.js';
import { photoLimitsOf, type ReadContext, readPhoto } from './read-photo.js';
import type { Priority } from '../inference/requester.js';
import { recordMetadata } from './record-metadata.js';
import { writeCaptions } from './write-captions.js';
import { seeImages, type StoredPhoto } from './see-images.js';

export interface AddedPhoto {
  readonly image: ImageRecord;
  /** False for a photo whose very bytes were there already. */
  readonly isNew: boolean;
  /** What its sender is to be told of the file: a sentence each. */
  readonly notices: readonly string[];
}

export interface CaptionedPhoto extends AddedPhoto {
  readonly caption: GeneratedCaptionRecord;
  readonly model: ModelRecord;
  /** All that the beam search ended with, the caption first; undefined where the caption was written earlier. */
  readonly candidates?: readonly Caption[] | undefined;
}

/** What is known of a photo before it is stored. */
export interface CheckedPhoto extends PhotoDescription {
  readonly sha256: Sha256;
  /** What is decoded of it: see `readPhoto`. */
  readonly readable: Uint8Array;
}

/** What is wanted of a caption. */
export interface CaptionWish {
  /** A BCP 47 tag; the newest model that writes it is chosen. Default: the current model. */
  readonly language?: string | undefined;
}

export interface StoredCaptionWish extends CaptionWish {
  /** What another program calls the photo. Another photo that it called so before loses it. */
  readonly externalId?: string | undefined;
}

/**
 * Writes a caption for a photo: it is checked, stored, seen, captioned by the current model, and all of that is kept. A
 * photo that was there already is a success; what that model wrote for it before is returned as it is. Where the process
 * ends in between, a later one writes the caption: see `Jobs.work`.
 *
 * @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE, NO_MODEL, ENCODER_MISMATCH, BAD_USER_INPUT for a language that
 *   no model writes, CONFLICT for a photo that has another external id, before anything is stored; INVALID_CHECKPOINT,
 *   STORAGE_FAILED, PROCESS_FAILED
 */
export async function captionPhoto(
  photo: Photo,
  context: CollectionContext,
  { language, externalId }: StoredCaptionWish = {},
): Promise<CaptionedPhoto> {
  const checked = await checkPhoto(photo.bytes, context);
  const model = await chooseCaptioner(language, context);
  if (externalId !== undefined) await checkUnnamed(checked, externalId, context);
  const stored = await storePhoto(photo, checked, context, { owesCaption: true });
  const added =
    externalId === undefined
      ? stored
      : { ...stored, image: await context.store.externalIds.set(stored.image.id, externalId, { takeOver: true }) };
  const { id, sha256 } = added.image;
  const earlier = (await context.store.captions.generatedOf([id], model.id)).get(id)?.[0];
  if (earlier) return { ...added, caption: earlier, model };
  const regions = await see({ id, sha256, readable: checked.readable }, context);
  const [candidates = []] = (await writeCaptions(model, regions, context)).captions;
  const [best] = candidates;
  if (!best)
    throw new EkphrasisError(ErrorCode.ProcessFailed, `The model ${model.name} wrote nothing for ${photo.name}.`);
  const caption = await context.store.captions.putGenerated({
    ...best,
    imageId: id,
    modelId: model.id,
    language: model.language,
  });
  return { ...added, caption, model, candidates };
}

/**
 * Stores a photo with its features and embeddings, without a caption.
 *
 * @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE, STORAGE_FAILED, PROCESS_FAILED
 */
export async function addPhoto(photo: Photo, context: CollectionContext): Promise<AddedPhoto> {
  const checked = await checkPhoto(photo.bytes, context);
  const added = await storePhoto(photo, checked, context, { owesCaption: false });
  await see({ ...added.image, readable: checked.readable }, context);
  return added;
}

/** Sees a photo, and sets it where searches find it. */
async function see(photo: StoredPhoto, context: CollectionContext): Promise<Uint16Array[]> {
  const seen = await seeImages([photo], context);
  await embedByAll(
    seen.map((regions) => ({ id: photo.id, regions })),
    context,
  );
  return seen;
}

/** @param byteSize of a file that is to be read @throws EkphrasisError IMAGE_TOO_LARGE */
export function checkSize(byteSize: number, { maximumBytes }: Pick<CollectionContext['limits'], 'maximumBytes'>): void {
  if (byteSize <= maximumBytes) return;
  const mebibytes = (count: number) => (count / 2 ** 20).toFixed(1);
  const message = `The file has ${mebibytes(byteSize)} MiB; at most ${mebibytes(maximumBytes)} are read.`;
  throw new EkphrasisError(ErrorCode.ImageTooLarge, `${message} Send a smaller copy, or raise MAX_UPLOAD_BYTES.`);
}

/** @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE; for HEIC PROCESS_FAILED */
export async function checkPhoto(bytes: Uint8Array, context: ReadContext, priority?: Priority): Promise<CheckedPhoto> {
  checkSize(bytes.length, context.limits);
  const { bytes: readable, original } = await readPhoto(bytes, context, priority);
  const description = await inspectPhoto(readable, photoLimitsOf(context));
  return { ...description, ...original, sha256: sha256Of(bytes), readable };
}

/** @throws EkphrasisError CONFLICT for a photo that another program, or the same one, calls by another name */
async function checkUnnamed(
  { sha256 }: Pick<CheckedPhoto, 'sha256'>,
  externalId: string,
  { store }: CollectionContext,
): Promise<void> {
  const known = (await store.images.findByFile([sha256])).get(sha256);
  if (!known || known.externalId === null || known.externalId === externalId) return;
  const message = `This photo is in the collection with the external id ${known.externalId}: a photo has one at most.`;
  throw new EkphrasisError(ErrorCode.Conflict, message);
}

async function storePhoto(
  { bytes, name }: Photo,
  { notice, mediaType, width, height, ...checked }: CheckedPhoto,
  context: CollectionContext,
  { owesCaption }: { readonly owesCaption: boolean },
): Promise<AddedPhoto> {
  const { store } = context;
  const sha256 = (await store.images.findByFile([checked.sha256])).get(checked.sha256)?.sha256 ?? checked.sha256;
  const [added] = await store.images.add([
    { sha256, mediaType, width, height, bytes, name, uploaded: true, owesCaption },
  ]);
  const image = added && (await store.images.find(added.id));
  if (!image) throw new EkphrasisError(ErrorCode.NotFound, `${name} was deleted while it was stored.`);
  // What sidecars said of a photo that was there already stays.
  if (!(await store.fileMetadata.known([image.id])).has(image.id)) await recordMetadata(image.id, { bytes }, context);
  return { image, isNew: added.isNew, notices: notice === undefined ? [] : [notice] };
}
