/** The photos of a data set as training and evaluation want them: with captions of people and with regions. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, ImageId } from '../ids.js';
import { hasWords } from '../language/tokeniser.js';
import type { CaptionedImage } from '../store/captions.js';
import { type Split, TRAINING_SPLITS } from '../splits.js';
import type { Store } from '../store/store.js';
import type { TrainingImageWithRegions } from '../training/data.js';
import { type DataFingerprint, DataFingerprinter } from '../training/data-fingerprint.js';
import { holdsInAMirror } from '../training/mirroring.js';
import type { RegionSource } from '../vision/encoder.js';

/** Gives what the encoder sees in photos of the collection: from the region cache, else by encoding. */
export type RegionsOf = (imageIds: readonly ImageId[]) => Promise<Uint16Array[]>;

export interface SeenPhoto extends CaptionedImage {
  readonly split: Split;
  /** float16 bits [regions * regionSize]. */
  readonly regions: Uint16Array;
  /** Of the mirrored photo, where it was asked for and the captions are true of it. */
  readonly mirrored?: Uint16Array | undefined;
}

export interface SeenPhotos {
  readonly encoder: RegionSource;
  /** Those that can be seen at the beginning. */
  readonly total: number;
  /** Photos that have captions and are left out, as their files are missing: those known so far. */
  readonly leftOut: () => number;
  readonly images: AsyncIterable<SeenPhoto>;
}

/** Photos to train with, with what the encoder sees in them. */
export interface TrainingPhotos {
  readonly encoder: RegionSource;
  readonly total: number;
  /** See `SeenPhotos`. */
  readonly leftOut: () => number;
  /** Of the photos that were given out so far. */
  readonly fingerprint: () => DataFingerprint;
  readonly images: AsyncIterable<TrainingImageWithRegions>;
}

/** Photos seen at once: several batches of the encoder, few megabytes. */
const GROUP = 32;

export interface PhotoFilter {
  readonly splits: readonly Split[];
  /** Only photos of this data set, or uploads where it is null. Default: those of all. */
  readonly dataset?: DatasetId | null | undefined;
  /** Only photos that people captioned here, by what people gave. Default: false. */
  readonly corrections?: boolean | undefined;
  /** Sees mirrored photos: where it is given, photos of the train split are seen in the mirror as well. */
  readonly mirroredOf?: RegionsOf | undefined;
  /** What the captions are written in: it decides which hold in a mirror. Default: English. */
  readonly language?: string | undefined;
}

type CaptionedPhoto = CaptionedImage & { readonly split: Split };

async function* withWords(
  store: Pick<Store, 'captions'>,
  splits: readonly Split[],
  dataset: DatasetId | null | undefined,
  corrections?: boolean,
): AsyncGenerator<CaptionedPhoto> {
  for await (const photo of store.captions.captioned(splits, dataset, corrections)) {
    const captions = photo.captions.filter(hasWords);
    if (captions.length > 0) yield { ...photo, captions };
  }
}

/**
 * What a training would learn from as the collection is now.
 *
 * @param wish the id or the name of the only data set that is trained on. Default: all.
 * @throws NOT_FOUND, BAD_USER_INPUT
 */
export async function trainingDataNow(
  wish: string | undefined,
  store: Pick<Store, 'captions' | 'datasets'>,
): Promise<DataFingerprint> {
  const dataset = wish === undefined ? undefined : (await store.datasets.resolve(wish)).id;
  const fingerprinter = new DataFingerprinter();
  for await (const photo of withWords(store, TRAINING_SPLITS, dataset)) fingerprinter.add(photo);
  return fingerprinter.value();
}

/**
 * Photos of these splits that have reference captions with words, of one data set or of all. Photos are seen as they
 * are read. One whose file is missing takes part where what was seen in it is kept; otherwise it is left out, and
 * counted.
 */
export async function seenPhotos(
  store: Pick<Store, 'captions' | 'libraryFiles'>,
  encoder: RegionSource,
  regionsOf: RegionsOf,
  { splits, dataset, corrections, mirroredOf, language }: PhotoFilter,
): Promise<SeenPhotos> {
  const captioned: CaptionedPhoto[] = [];
  for await (const photo of withWords(store, splits, dataset, corrections)) captioned.push(photo);
  const turns = (captions: readonly string[]) => holdsInAMirror(captions, language);
  return seeCaptioned(captioned, encoder, store, { regionsOf, mirroredOf, turns });
}

/** The photos with what is seen in them, as they are read; see `seenPhotos`. */
export async function seeCaptioned(
  captioned: readonly CaptionedPhoto[],
  encoder: RegionSource,
  store: Pick<Store, 'libraryFiles'>,
  { regionsOf, mirroredOf, turns = () => false }: Omit<Seeing, 'goes' | 'turns'> & Partial<Pick<Seeing, 'turns'>>,
): Promise<SeenPhotos> {
  const missing = await store.libraryFiles.missingAmong(captioned.map(({ id }) => id));
  const photos: CaptionedPhoto[] = [];
  for (const photo of captioned)
    if (!missing.has(photo.id) || (await whereThere(regionsOf, photo.id))) photos.push(photo);
  let leftOut = captioned.length - photos.length;
  const goes = () => {
    leftOut += 1;
  };
  return {
    encoder,
    total: photos.length,
    leftOut: () => leftOut,
    images: see(photos, { regionsOf, mirroredOf, turns, goes }),
  };
}

/** What is told of photos that were left out: a sentence; nothing where there are none. */
export function describeLeftOut(count: number): string | undefined {
  if (count === 0) return undefined;
  const which = count === 1 ? 'One photo with captions was' : `${count.toLocaleString('en')} photos with captions were`;
  return `${which} left out: their files in libraries are missing, and what was seen in them is not kept. Mount their disk, and have their libraries scanned.`;
}

interface Seeing {
  readonly regionsOf: RegionsOf;
  readonly mirroredOf?: RegionsOf | undefined;
  /** Whether captions are true of the mirrored photo as well. */
  readonly turns: (captions: readonly string[]) => boolean;
  /** Told of each photo whose file went meanwhile. */
  readonly goes: () => void;
}

async function* see(
  photos: readonly CaptionedPhoto[],
  { regionsOf, mirroredOf, turns, goes }: Seeing,
): AsyncGenerator<SeenPhoto> {
  for (let start = 0; start < photos.length; start += GROUP) {
    const group = photos.slice(start, start + GROUP);
    const turned = mirroredOf ? group.filter(({ split, captions }) => split === 'train' && turns(captions)) : [];
    const [regions, mirrored] = await Promise.all([
      regionsOfThose(group, regionsOf),
      mirroredOf ? regionsOfThose(turned, mirroredOf) : new Map<ImageId, Uint16Array>(),
    ]);
    for (const photo of group) {
      const seen = regions.get(photo.id);
      if (seen) yield { ...photo, regions: seen, mirrored: mirrored.get(photo.id) };
      else goes();
    }
  }
}

/** Of those whose files are there, or what was seen in them. */
async function regionsOfThose(
  photos: readonly CaptionedPhoto[],
  regionsOf: RegionsOf,
): Promise<Map<ImageId, Uint16Array>> {
  const ids = photos.map(({ id }) => id);
  const all = await regionsOf(ids).catch(orMissing);
  const known = all ?? (await Promise.all(ids.map((id) => whereThere(regionsOf, id))));
  return new Map(ids.flatMap((id, index) => (known[index] ? [[id, known[index]]] : [])));
}

async function whereThere(regionsOf: RegionsOf, id: ImageId): Promise<Uint16Array | undefined> {
  return (await regionsOf([id]).catch(orMissing))?.[0];
}

/** @throws the error, unless it says that a photo's file is missing */
function orMissing(error: unknown): undefined {
  if (error instanceof EkphrasisError && error.code === ErrorCode.PhotoMissing) return undefined;
  throw error;
}

/** Photos so many at a time. */
export async function* inGroups(photos: AsyncIterable<SeenPhoto>, size: number): AsyncGenerator<SeenPhoto[]> {
  let group: SeenPhoto[] = [];
  for await (const photo of photos) {
    group.push(photo);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** The same photos as the trainer takes them: none of the test split. */
export function trainingPhotos({ images, ...rest }: SeenPhotos): TrainingPhotos {
  const fingerprinter = new DataFingerprinter();
  return { ...rest, fingerprint: () => fingerprinter.value(), images: withoutTest(images, fingerprinter) };
}

async function* withoutTest(
  photos: AsyncIterable<SeenPhoto>,
  fingerprinter: DataFingerprinter,
): AsyncGenerator<TrainingImageWithRegions> {
  for await (const { sha256, name, split, captions, regions, mirrored } of photos) {
    if (split === 'test') continue;
    fingerprinter.add({ sha256, split, captions });
    yield { name, split, captions, views: mirrored ? [regions, mirrored] : [regions] };
  }
}
