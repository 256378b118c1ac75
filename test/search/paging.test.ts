/** Whatever part of a ranking is asked for is what the whole ranking has there. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageId, ModelId } from '../../src/ids.js';
import type { RankingPart } from '../../src/search/requests.js';
import { searchImages, type SearchMode } from '../../src/search/search-images.js';
import { similarImages } from '../../src/search/similar-images.js';
import { pageOf } from '../../src/store/pages.js';
import type { Store } from '../../src/store/store.js';
import { openTestStore } from '../store/open-test-store.js';
import { addCaptioned, addModel, direction, ENCODER } from '../store/records.js';
import { anyPart, type Part, relayPage } from '../store/relay-pages.js';

const PHOTOS = 13;

let store: Store;
let modelId: ModelId;
let example: ImageId;
beforeAll(async () => {
  store = await openTestStore();
  ({ id: modelId } = await addModel(store, 'search'));
  for (let index = 0; index < PHOTOS; index += 1) {
    // Some are equally good, so that their ids decide.
    const imageId = await addCaptioned(store, `${index}.jpg`, [`a dog ${'and a dog '.repeat(index % 4)}runs`]);
    const vector = direction(0, 0.05 * Math.floor(index / 2));
    await store.embeddings.put([{ imageId, modelId, vector }]);
    await store.features.put([{ imageId, encoder: ENCODER, vector }]);
    example = imageId;
  }
});
afterAll(() => store.close());

interface Hit {
  readonly imageId: ImageId;
  readonly cursor: string;
}
interface Found {
  readonly hits: readonly Hit[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

const bySearch = (mode: SearchMode) => (part: RankingPart) =>
  searchImages(
    { text: 'dog', mode, ...part },
    { store, space: () => Promise.resolve({ modelId, embed: () => Promise.resolve(direction(0, 0.3)) }) },
  );
const byLikeness = (part: RankingPart) =>
  similarImages({ like: { images: [{ imageId: example, weight: 1 }] }, ...part }, store, () =>
    Promise.resolve(ENCODER),
  );

const RANKINGS: readonly (readonly [string, number, (part: RankingPart) => Promise<Found>])[] = [
  ['text', PHOTOS, bySearch('text')],
  ['semantic', PHOTOS, bySearch('semantic')],
  ['hybrid', PHOTOS, bySearch('hybrid')],
  ['likeness', PHOTOS - 1, byLikeness],
];

describe.each(RANKINGS)('the ranking by %s', (_, length, read) => {
  test('has the same entries, signals and cursors in every part of it', async () => {
    const whole = await read({ limit: 100 });
    expect(whole.hits).toHaveLength(length);
    const cursorAt = (place: number | undefined) => (place === undefined ? undefined : whole.hits[place]?.cursor);
    await fc.assert(
      fc.asyncProperty(anyPart(length), async (part: Part) => {
        const { limit, backwards } = part;
        const { hits, hasNext, hasPrevious } = await read({
          limit,
          backwards,
          after: cursorAt(part.after),
          before: cursorAt(part.before),
        });
        expect({ items: hits, hasNext, hasPrevious }).toEqual(relayPage(whole.hits, part));
      }),
      { numRuns: 40 },
    );
  });

  test('is read to its end from the front, from the back, and from both in turn', async () => {
    const whole = (await read({ limit: 100 })).hits;
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.boolean()), fc.integer({ min: 1, max: 4 }), async (turns, limit) => {
        const front: Hit[] = [];
        const back: Hit[] = [];
        for (const backwards of turns) {
          const ends = { after: front.at(-1)?.cursor, before: back[0]?.cursor };
          const { hits } = await read({ limit, backwards, ...ends });
          if (hits.length === 0) break;
          if (backwards) back.unshift(...hits);
          else front.push(...hits);
        }
        expect([...front, ...back]).toEqual(whole);
      }),
      { numRuns: 6 },
    );
  });
});

test('a list in memory is cut as the specification says', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }).chain((length) => fc.tuple(fc.constant(length), anyPart(length))),
      ([length, part]) => {
        const list = Array.from({ length }, (_, index) => `entry ${index}`);
        const request = {
          limit: part.limit,
          backwards: part.backwards,
          after: part.after === undefined ? undefined : list[part.after],
          before: part.before === undefined ? undefined : list[part.before],
        };
        expect(pageOf(list, request, (cursor) => list.indexOf(cursor))).toEqual(relayPage(list, part));
      },
    ),
  );
});
