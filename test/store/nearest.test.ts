import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EncoderId, ImageId } from '../../src/ids.js';
import type { Database } from '../../src/store/database.js';
import { type NeighbourPosition, nearestStatements } from '../../src/store/nearest.js';
import type { Split } from '../../src/splits.js';
import { createStore, type Store } from '../../src/store/store.js';
import { FEATURE_COLUMNS, vectorsOf } from '../../src/store/vector-index.js';
import { openTestDatabase } from './open-test-store.js';
import { addCaptioned, addModel, addToDataset, direction, ENCODER, newImage, NO_DATASET } from './records.js';

let database: Database;
let store: Store;
beforeAll(async () => {
  database = await openTestDatabase();
  store = await createStore(database);
});
afterAll(() => store.close());

const OTHER = 'another' as EncoderId;
const QUERY = direction(0);

async function add(
  name: string,
  lean: number,
  { encoder = ENCODER, split, captions = [] }: { encoder?: EncoderId; split?: Split; captions?: string[] } = {},
): Promise<ImageId> {
  const imageId = await addCaptioned(store, name, captions, split);
  await store.features.put([{ imageId, encoder, vector: direction(0, lean) }]);
  return imageId;
}

async function readPages(
  limit: number,
  between: (page: number) => Promise<unknown> = () => Promise.resolve(),
): Promise<ImageId[]> {
  const ids: ImageId[] = [];
  for (let after: NeighbourPosition | undefined, page = 1; ; page += 1) {
    const found = await store.features.nearest(ENCODER, { vector: QUERY, limit, after });
    ids.push(...found.map(({ imageId }) => imageId));
    after = found.at(-1);
    if (found.length < limit) return ids;
    await between(page);
  }
}

test('the nearest images are those of the same encoder whose vectors point the same way', async () => {
  const [b, c] = [await add('b', 0.9), await add('c', 0.2)];
  await add('other', 0, { encoder: OTHER });
  const found = await store.features.nearest(ENCODER, { vector: QUERY, limit: 10 });
  expect(found.map(({ imageId }) => imageId)).toEqual([c, b]);
  expect(found[0]?.similarity).toBeCloseTo(Math.cos(0.2), 5);
  expect(await store.features.nearest(ENCODER, { vector: QUERY, limit: 10, without: [c] })).toMatchObject([
    { imageId: b },
  ]);
});

test('pages neither repeat nor skip an image, also where several are equally far, and while others are added', async () => {
  for (let index = 0; index < 7; index += 1) await add(`tied ${index}`, 0.5);
  const whole = (await store.features.nearest(ENCODER, { vector: QUERY, limit: 100 })).map(({ imageId }) => imageId);
  expect(whole).toHaveLength(9);
  expect(await readPages(2)).toEqual(whole);
  let behind: ImageId | undefined;
  const read = await readPages(2, async (page) => {
    if (page !== 2) return;
    await add('ahead', 0.1);
    behind = await add('behind', 0.8);
  });
  expect(read.filter((id) => id !== behind)).toEqual(whole);
  expect(read.indexOf(behind ?? ('' as ImageId))).toBe(8);
});

test('a filter never returns too few, however far away the images are that fit', async () => {
  const crowd = Array.from({ length: 220 }, (_, index) => newImage(`crowd ${index}`));
  const { ids } = await addToDataset(store, crowd, { dataset: 'crowd', split: 'train' });
  await store.features.put(
    ids.map((imageId, index) => ({ imageId, encoder: ENCODER, vector: direction(0, 0.3 + index / 1e5) })),
  );
  const far = [
    await add('far 0', 1.2, { split: 'test', captions: ['a dog'] }),
    await add('far 1', 1.3, { split: 'test' }),
  ];
  const idsOf = async (filter: object) =>
    (await store.features.nearest(ENCODER, { vector: QUERY, limit: 2, filter })).map(({ imageId }) => imageId);
  expect(await idsOf({ split: 'test' })).toEqual(far);
  expect(await idsOf({ hasPersonCaption: true })).toEqual([far[0]]);
  expect(await idsOf({ split: 'test', hasPersonCaption: false })).toEqual([far[1]]);
  expect(await idsOf({ dataset: NO_DATASET })).toEqual([]);
  expect(await store.features.countRanked(ENCODER, { filter: { split: 'test' } })).toEqual({
    count: 2,
    isEstimate: false,
  });
  const rare = 'rare' as EncoderId;
  await store.features.put([{ imageId: far[0] ?? ('' as ImageId), encoder: rare, vector: direction(0, 1.5) }]);
  expect(await store.features.nearest(rare, { vector: QUERY, limit: 3 })).toMatchObject([{ imageId: far[0] }]);
});

test('images are chosen by when they were added', async () => {
  const [first] = (await store.images.list({ limit: 1, newestFirst: false })).items;
  const [last] = (await store.images.list({ limit: 1 })).items;
  if (!first || !last) throw new Error('there are no images');
  const { count } = await store.images.count();
  expect((await store.images.count({ addedFrom: first.createdAt })).count).toBe(count);
  expect((await store.images.count({ addedBefore: first.createdAt })).count).toBe(0);
  const since = await store.images.list({ limit: 1000 }, { addedFrom: last.createdAt });
  expect(since.items.length).toBeLessThan(count);
  expect(since.items[0]).toEqual(last);
});

/** How the database means to find the nearest, where it does not compare all, as it does with few. */
function planOf(encoder: EncoderId, vector: Float32Array): Promise<string> {
  const { byIndex } = nearestStatements(vectorsOf(FEATURE_COLUMNS, encoder), { vector, limit: 20 });
  return database.transaction(async (executeSql) => {
    await executeSql('SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off');
    const { rows } = await executeSql(`EXPLAIN ${byIndex.text}`, byIndex.values);
    return rows.map((row) => (row as { 'QUERY PLAN': string })['QUERY PLAN']).join('\n');
  });
}

const indexesOf = async (table: string) =>
  (
    await database.executeSql('SELECT indexdef FROM pg_indexes WHERE tablename = $1 AND indexdef LIKE $2 ORDER BY 1', [
      table,
      '%hnsw%',
    ])
  ).rows.map((row) => (row as { indexdef: string }).indexdef);

test('vectors of every length are found, each encoder by an index of its own, and never compared with those of another', async () => {
  const lengths = { small: 6, long: 2048, longest: 5000 };
  const { ids } = await addToDataset(
    store,
    Array.from({ length: 30 }, (_, index) => newImage(`sizes ${index}`)),
    { dataset: 'sizes', split: 'dev' },
  );
  for (const [name, length] of Object.entries(lengths)) {
    const encoder = name as EncoderId;
    const vectors = ids.map((imageId, place) => ({
      imageId,
      encoder,
      vector: Float32Array.from(
        { length },
        (_, axis) => Number(axis === 0) + (axis === 1 + (place % 5) ? place / 30 : 0),
      ),
    }));
    await store.features.put(vectors);
    const query = Float32Array.from({ length }, (_, axis) => Number(axis < 1));
    const found = await store.features.nearest(encoder, { vector: query, limit: 10 });
    expect(found.map(({ imageId }) => imageId)).toEqual(ids.slice(0, 10));
    for (const [place, { similarity }] of found.entries())
      expect(similarity).toBeCloseTo(1 / Math.hypot(1, place / 30), 3);
  }
  const definitions = await indexesOf('ImageFeature');
  const ofEncoder = (name: string) => definitions.filter((definition) => definition.includes(`'${name}'`));
  expect(ofEncoder(ENCODER)).toEqual([expect.stringContaining('(((vector)::vector(512)) vector_cosine_ops)')]);
  expect(ofEncoder('small')).toEqual([expect.stringContaining('(((vector)::vector(6)) vector_cosine_ops)')]);
  expect(ofEncoder('long')).toEqual([expect.stringContaining('(((vector)::halfvec(2048)) halfvec_cosine_ops)')]);
  // pgvector has no index of vectors that long: they are compared one by one.
  expect(ofEncoder('longest')).toEqual([]);
  for (const [encoder, vector] of [
    [ENCODER, QUERY],
    ['small' as EncoderId, new Float32Array(6).fill(1)],
    ['long' as EncoderId, new Float32Array(2048).fill(1)],
  ] as const) {
    const [name = ''] = ofEncoder(encoder).map((definition) => definition.split(' ')[2]);
    expect(await planOf(encoder, vector)).toContain(`Index Scan using "${name.replaceAll('"', '')}"`);
  }
  await expect(
    store.features.put([
      { imageId: ids[0] ?? ('' as ImageId), encoder: 'small' as EncoderId, vector: new Float32Array(7).fill(1) },
    ]),
  ).rejects.toThrow('expected 6 dimensions');
});

test('the index of a search model goes with it', async () => {
  const { id } = await addModel(store, 'searches');
  const imageId = await addCaptioned(store, 'embedded', []);
  await store.embeddings.put([{ imageId, modelId: id, vector: direction(1) }]);
  expect(await indexesOf('ImageEmbedding')).toEqual([expect.stringContaining(id)]);
  expect(await store.models.delete(id)).toMatchObject({ embeddings: 1 });
  expect(await indexesOf('ImageEmbedding')).toEqual([]);
});
