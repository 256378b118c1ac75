/** The collections of the simulated person, and what that person writes. */
import { createHash } from 'node:crypto';
import type { Sha256 } from '../../src/ids.js';
import { splitOfPeoples } from '../../src/store/split-rules.js';
import { RandomStream } from '../../src/training/random.js';
import { likeness, type Photo, type Photos, unit } from './photos.js';

export interface Collection {
  readonly name: 'cluster' | 'scenes';
  /** Those that can be corrected. */
  readonly pool: readonly Photo[];
  /** Those that never are. */
  readonly never: readonly Photo[];
}

/** Photos that can be corrected, and photos that never are. */
const [POOL, NEVER] = [200, 100];
/** Photos that the person has beside the collection, and photos that what is forgotten is measured on. */
const [BESIDE, REST] = [200, 150];
const CLUSTERS = 3;
const ROUNDS = 50;

export interface Parts {
  readonly collections: readonly Collection[];
  /** Of Flickr8k's dev photos outside the cluster: those that the person has beside the collection, and never corrects. */
  readonly beside: readonly Photo[];
  /** What is forgotten shows on these, which no training sees. */
  readonly rest: readonly Photo[];
}

/**
 * The photos of the tightest of three clusters of Flickr8k's dev photos, the 300 nearest to its centre, and the scenes.
 * Which of them are never corrected follows from their order in the data set.
 */
export function divide({ flickr8k, scenes }: Photos): Parts {
  const centres = kMeans(flickr8k, CLUSTERS);
  const clusters = centres.map((centre) => {
    const near = flickr8k
      .filter((photo) => nearest(photo, centres) === centre)
      .toSorted((a, b) => likeness(b.pooled, centre) - likeness(a.pooled, centre))
      .slice(0, POOL + NEVER);
    return { near, tightness: near.reduce((sum, { pooled }) => sum + likeness(pooled, centre), 0) / near.length };
  });
  const [tightest] = clusters
    .filter(({ near }) => near.length === POOL + NEVER)
    .toSorted((a, b) => b.tightness - a.tightness);
  if (!tightest) throw new RangeError(`no cluster has ${POOL + NEVER} photos`);
  const chosen = new Set(tightest.near);
  const cluster = flickr8k.filter((photo) => chosen.has(photo));
  const isNever = (place: number) => place % 3 === 2;
  const outside = flickr8k.filter((photo) => !chosen.has(photo));
  return {
    collections: [
      {
        name: 'cluster',
        pool: cluster.filter((_, place) => !isNever(place)),
        never: cluster.filter((_, place) => isNever(place)),
      },
      { name: 'scenes', pool: scenes.slice(0, POOL), never: scenes.slice(POOL) },
    ],
    beside: outside.slice(0, BESIDE),
    rest: outside.slice(BESIDE, BESIDE + REST),
  };
}

/** Centres of length 1 (spherical k-means; Dhillon & Modha 2001), the first ones far apart. */
export function kMeans(photos: readonly Photo[], count: number): Float32Array[] {
  let centres = spread(photos, count).map(({ pooled }) => pooled);
  for (let round = 0; round < ROUNDS; round++) {
    const before = centres;
    centres = before.map((centre) => {
      const members = photos.filter((photo) => nearest(photo, before) === centre);
      return unit(centre.map((_, place) => members.reduce((sum, { pooled }) => sum + (pooled[place] ?? 0), 0)));
    });
  }
  return centres;
}

function nearest({ pooled }: Photo, centres: readonly Float32Array[]): Float32Array | undefined {
  return centres.toSorted((a, b) => likeness(pooled, b) - likeness(pooled, a))[0];
}

/**
 * The photo that is likest to all, then always the one that is least like those before it (the greedy k-center of Sener
 * & Savarese 2018, arXiv:1708.00489).
 */
export function spread(photos: readonly Photo[], count: number): Photo[] {
  const [first] = typical(photos);
  if (!first) return [];
  const chosen = [first];
  const likest = new Map(photos.map((photo) => [photo, likeness(photo.pooled, first.pooled)]));
  likest.delete(first);
  while (chosen.length < count && likest.size > 0) {
    const [next] = [...likest].reduce((a, b) => (b[1] < a[1] ? b : a));
    chosen.push(next);
    likest.delete(next);
    for (const [photo, before] of likest) likest.set(photo, Math.max(before, likeness(photo.pooled, next.pooled)));
  }
  return chosen;
}

/** The photos by how like they are to the mean of all, the likest first. */
export function typical(photos: readonly Photo[]): Photo[] {
  const mean = new Float32Array(photos[0]?.pooled.length ?? 0);
  for (const { pooled } of photos) pooled.forEach((value, place) => (mean[place] = (mean[place] ?? 0) + value));
  return photos.toSorted((a, b) => likeness(b.pooled, mean) - likeness(a.pooled, mean));
}

/** The photos in an order by chance. */
export function byChance(photos: readonly Photo[], seed: number): Photo[] {
  return Array.from(new RandomStream(seed, 'chance').permutation(photos.length), (place) =>
    photos.slice(place, place + 1),
  ).flat();
}

/** A photo with what the person writes: one of its reference captions, and the split that the house's rule gives it. */
export function corrected(photo: Photo, seed: number): Photo {
  const { name, captions } = photo;
  const drawn = Math.floor(new RandomStream(seed, 'caption', name).uniform() * captions.length);
  const sha256 = createHash('sha256').update(name).digest('hex') as Sha256;
  const split = splitOfPeoples(sha256) === 'dev' ? 'dev' : 'train';
  return { ...photo, split, captions: captions.slice(drawn, drawn + 1) };
}
