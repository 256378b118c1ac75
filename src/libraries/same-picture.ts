/**
 * Whether a file that was written over still shows the picture that its photo was: turned, cropped or developed anew,
 * and no other one. Of the old picture nothing is left but what was seen in it and what its file said.
 */
import { photoLimitsOf } from '../collection/read-photo.js';
import type { CollectionContext } from '../collection/context.js';
import type { ImageId } from '../ids.js';
import type { FileMetadata } from '../metadata/file-metadata.js';
import { readMetadata } from '../metadata/read-metadata.js';
import { turnPhoto } from '../vision/turn-photo.js';
import { cosine } from '../vision/vectors.js';
import type { ReadPhoto } from './read-file.js';

/** See `bench/likeness/edits.ts` and docs/lab-notes/search.md for both. */
const SAME_LIKENESS = 0.75;
/** The same where both say that they were taken at one moment by one camera, as black and white is far from colour. */
const SAME_MOMENT_LIKENESS = 0.6;

type Context = Pick<CollectionContext, 'inference' | 'limits'> & {
  readonly store: Pick<CollectionContext['store'], 'features' | 'fileMetadata'>;
};

/** @throws EkphrasisError PROCESS_FAILED */
export async function isSamePicture(before: ImageId, now: ReadPhoto, context: Context): Promise<boolean> {
  const { store, inference } = context;
  const seen = await store.features.find(before, inference.encoder.id);
  // Another encoder saw it: what people said is not put to a picture of which nobody knows.
  if (!seen) return false;
  const least = (await isOfSameMoment(before, now, context)) ? SAME_MOMENT_LIKENESS : SAME_LIKENESS;
  const isLike = async (photos: readonly Uint8Array[]) =>
    (await inference.encode(photos, { priority: 'background' })).some(({ pooled }) => cosine(seen, pooled) >= least);
  if (await isLike([now.readable])) return true;
  return isLike(await turnPhoto(now.readable, photoLimitsOf(context), inference.encoder.input.side));
}

async function isOfSameMoment(before: ImageId, { bytes }: ReadPhoto, { store }: Context): Promise<boolean> {
  const said = (await store.fileMetadata.findMany([before])).get(before);
  const { metadata } = await readMetadata(bytes, []);
  return said !== undefined && momentOf(said) !== undefined && momentOf(said) === momentOf(metadata);
}

/** By its clock, to what it is exact, and its camera. */
function momentOf({ takenAt, camera }: Pick<FileMetadata, 'takenAt' | 'camera'>): string | undefined {
  return takenAt && camera !== undefined ? `${takenAt.instant.toISOString()} ${camera}` : undefined;
}
