/** A photo's way from upload to caption. */
import type { Caption } from '../captioner/captioner.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Sha256 } from '../ids.js';
import { sha256Of } from '../sha256.js';
import type { GeneratedCaptionRecord } from '../store/captions.js';
import type { ImageRecord } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import { checkEncoder } from '../vision/encoder-fit.js';
import { DEFAULT_PHOTO_LIMITS, inspectPhoto, type PhotoDescription } from '../vision/photo.js';
import type { CollectionContext, Photo } from './context.js';
import { embedByAll } from './embed-images.js';
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
}

/**
 * Writes a caption for a photo: it is checked, stored, seen, captioned by the current model, and all of that is kept. A
 * photo that was there already is a success; what that model wrote for it before is returned as it is.
 *
 * @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE, NO_MODEL, ENCODER_MISMATCH, before anything is stored;
 *   INVALID_CHECKPOINT, STORAGE_FAILED, PROCESS_FAILED
 */
export async function captionPhoto(photo: Photo, context: CollectionContext): Promise<CaptionedPhoto> {
  const checked = await checkPhoto(photo.bytes, context);
  const model = await currentModel(context);
  const added = await storePhoto(photo, checked, context);
  const { id, sha256 } = added.image;
  const earlier = (await context.store.captions.generatedOf([id], model.id)).get(id)?.[0];
  if (earlier) return { ...added, caption: earlier, model };
  const regions = await see({ id, sha256, bytes: photo.bytes }, context);
  const [candidates = []] = (await writeCaptions(model, regions, context)).captions;
  const [best] = candidates;
  if (!best) throw new EkphrasisError(ErrorCode.ProcessFailed, `The model ${model.name} wrote nothing for ${photo.name}.`);
  const caption = await context.store.captions.putGenerated({ ...best, imageId: id, modelId: model.id, language: model.language });
  return { ...added, caption, model, candidates };
}

/**
 * Stores a photo with its features and embeddings, without a caption.
 *
 * @throws EkphrasisError INVALID_IMAGE, IMAGE_TOO_LARGE, STORAGE_FAILED, PROCESS_FAILED
 */
export async function addPhoto(photo: Photo, context: CollectionContext): Promise<AddedPhoto> {
  const added = await storePhoto(photo, await checkPhoto(photo.bytes, context), context);
  await see({ ...added.image, bytes: photo.bytes }, context);
  return added;
}

/** Sees a photo, and sets it where searches find it. */
async function see(photo: StoredPhoto, context: CollectionContext): Promise<Uint16Array[]> {
  const seen = await seeImages([photo], context);
  await embedByAll(seen.map((regions) => ({ id: photo.id, regions })), context);
  return seen;
}

/** @throws EkphrasisError INVALID_IMAGE or IMAGE_TOO_LARGE */
export async function checkPhoto(bytes: Uint8Array, { limits }: Pick<CollectionContext, 'limits'>): Promise<CheckedPhoto> {
  if (bytes.length > limits.maximumBytes) {
    const mebibytes = (count: number) => (count / 2 ** 20).toFixed(1);
    const message = `The file has ${mebibytes(bytes.length)} MiB; at most ${mebibytes(limits.maximumBytes)} are read.`;
    throw new EkphrasisError(ErrorCode.ImageTooLarge, `${message} Send a smaller copy, or raise MAX_UPLOAD_BYTES.`);
  }
  const description = await inspectPhoto(bytes, { ...DEFAULT_PHOTO_LIMITS, maximumPixels: limits.maximumPixels });
  return { ...description, sha256: sha256Of(bytes) };
}

/**
 * The model that captions, once it is certain that it fits what sees.
 *
 * @throws EkphrasisError NO_MODEL or ENCODER_MISMATCH
 */
export async function currentModel({ store, inference }: Pick<CollectionContext, 'store' | 'inference'>): Promise<ModelRecord> {
  const model = await store.models.current();
  if (!model) {
    const message = 'There is no model to caption with. Import a data set and train one: ekphrasis train.';
    throw new EkphrasisError(ErrorCode.NoModel, message);
  }
  checkEncoder(model, inference.encoder.id);
  return model;
}

async function storePhoto({ bytes, name }: Photo, { notice, ...checked }: CheckedPhoto, { store }: CollectionContext): Promise<AddedPhoto> {
  const [added] = await store.images.add([{ ...checked, bytes, name, uploaded: true }]);
  const image = added && (await store.images.find(added.id));
  if (!image) throw new EkphrasisError(ErrorCode.NotFound, `${name} was deleted while it was stored.`);
  return { image, isNew: added.isNew, notices: notice === undefined ? [] : [notice] };
}
