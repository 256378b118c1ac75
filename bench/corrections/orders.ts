/** Which photos the person is asked about first. */
import { Captioner } from '../../src/captioner/captioner.js';
import type { Checkpoint } from '../../src/captioner/checkpoint.js';
import { captionConfidence } from '../../src/captioner/confidence.js';
import { byChance, spread, typical } from './collections.js';
import { VALIDATION_BEAM } from './measure.js';
import type { Photo } from './photos.js';

export const ORDERS = ['chance', 'least sure', 'most typical', 'spread'] as const;
export type Order = (typeof ORDERS)[number];

/** The photos of a pool in this order. */
export async function inOrder(order: Order, pool: readonly Photo[], model: Checkpoint, seed: number): Promise<Photo[]> {
  switch (order) {
    case 'chance':
      return byChance(pool, seed);
    case 'least sure':
      return leastSure(pool, model);
    case 'most typical':
      return typical(pool);
    case 'spread':
      return spread(pool, pool.length);
  }
}

/** By how far the model's sentence is to be believed, as the queue of alternative texts reckons it. */
async function leastSure(pool: readonly Photo[], model: Checkpoint): Promise<Photo[]> {
  const captioner = Captioner.load(model);
  const captions = await captioner.caption(
    pool.map(({ regions }) => regions),
    { beamWidth: VALIDATION_BEAM, consensus: false },
  );
  await captioner.close();
  return pool
    .map((photo, place) => {
      const [caption] = captions[place] ?? [];
      return { photo, sureness: caption ? captionConfidence(caption) : 0 };
    })
    .toSorted((a, b) => a.sureness - b.sureness)
    .map(({ photo }) => photo);
}
