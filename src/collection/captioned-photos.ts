/** The photos of a data set as training and evaluation want them: with captions of people and with regions. */
import type { DatasetId, ImageId } from '../ids.js';
import { hasWords } from '../language/tokeniser.js';
import type { CaptionedImage } from '../store/captions.js';
import type { Split } from '../splits.js';
import type { Store } from '../store/store.js';
import type { TrainingImageWithRegions } from '../training/data.js';
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
  readonly total: number;
  readonly images: AsyncIterable<SeenPhoto>;
}

/** Photos to train with, with what the encoder sees in them. */
export interface TrainingPhotos {
  readonly encoder: RegionSource;
  readonly total: number;
  readonly images: AsyncIterable<TrainingImageWithRegions>;
}

/** Photos seen at once: several batches of the encoder, few megabytes. */
const GROUP = 32;

export interface PhotoFilter {
  readonly splits: readonly Split[];
  /** Only photos of this data set, or uploads where it is null. Default: those of all. */
  readonly dataset?: DatasetId | null | undefined;
  /** Sees mirrored photos: where it is given, photos of the train split are seen in the mirror as well. */
  readonly mirroredOf?: RegionsOf | undefined;
  /** What the captions are written in: it decides which hold in a mirror. Default: English. */
  readonly language?: string | undefined;
}

/**
 * Photos of these splits that have reference captions with words, of one data set or of all. Photos are seen as they
 * are read.
 */
export async function seenPhotos(
  store: Pick<Store, 'captions'>,
  encoder: RegionSource,
  regionsOf: RegionsOf,
  { splits, dataset, mirroredOf, language }: PhotoFilter,
): Promise<SeenPhotos> {
  const photos: (CaptionedImage & { split: Split })[] = [];
  for await (const photo of store.captions.captioned(splits, dataset)) {
    const captions = photo.captions.filter(hasWords);
    if (captions.length > 0) photos.push({ ...photo, captions });
  }
  const turns = (captions: readonly string[]) => holdsInAMirror(captions, language);
  return { encoder, total: photos.length, images: see(photos, regionsOf, mirroredOf, turns) };
}

async function* see(
  photos: readonly (CaptionedImage & { split: Split })[],
  regionsOf: RegionsOf,
  mirroredOf: RegionsOf | undefined,
  turns: (captions: readonly string[]) => boolean,
): AsyncGenerator<SeenPhoto> {
  for (let start = 0; start < photos.length; start += GROUP) {
    const group = photos.slice(start, start + GROUP);
    const turned = mirroredOf ? group.filter(({ split, captions }) => split === 'train' && turns(captions)) : [];
    const [regions, inMirror = []] = await Promise.all([
      regionsOf(group.map(({ id }) => id)),
      mirroredOf?.(turned.map(({ id }) => id)),
    ]);
    const mirrored = new Map(turned.map(({ id }, index) => [id, inMirror[index]]));
    for (const [index, photo] of group.entries()) {
      const seen = regions[index];
      if (!seen) throw new RangeError(`no regions for ${photo.name}`);
      yield { ...photo, regions: seen, mirrored: mirrored.get(photo.id) };
    }
  }
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
export function trainingPhotos({ encoder, total, images }: SeenPhotos): TrainingPhotos {
  return { encoder, total, images: withoutTest(images) };
}

async function* withoutTest(photos: AsyncIterable<SeenPhoto>): AsyncGenerator<TrainingImageWithRegions> {
  for await (const { name, split, captions, regions, mirrored } of photos) {
    if (split !== 'test') yield { name, split, captions, views: mirrored ? [regions, mirrored] : [regions] };
  }
}
