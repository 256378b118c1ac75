/** What holds for every operation: nodes by their ids, lists from both ends, and what an answer has cost. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ImageId, ModelId } from '../../src/ids.js';
import { toJobSettings } from '../../src/trainings/settings.js';
import { addCaptioned, addModel } from '../store/records.js';
import { anyPart, relayPage } from '../store/relay-pages.js';
import { ask, refusal } from './client.js';
import { askWith } from './keyed-client.js';
import { openTestServer, type TestServer } from './test-server.js';

const ENTRIES = 7;

let server: TestServer;
let modelId: ModelId;
const images: ImageId[] = [];
beforeAll(async () => {
  server = await openTestServer();
  const { store } = server.application;
  ({ id: modelId } = await addModel(store, 'measured'));
  for (let index = 0; index < ENTRIES; index += 1) {
    const imageId = await addCaptioned(store, `${index}.jpg`, ['a dog runs'], 'dev');
    images.push(imageId);
    // Two have equal ratings, and one in three has none.
    if (index % 3 !== 0)
      await store.fileMetadata.put(imageId, {
        keywords: [],
        captions: [],
        rating: 1 + (index % 2),
        takenAt: undefined,
      });
    await store.jobs.create({ kind: 'embed', settings: { encoder: `encoder ${index}` } });
    await addModel(store, `model ${index}`);
    await store.trainingJobs.create({
      settings: toJobSettings({ name: `training ${index}` }),
      seed: 1,
      engine: 'onnx',
    });
  }
  await store.evaluations.add({
    modelId,
    split: 'dev',
    figures: { bleu1: 0.5, bleu2: 0.4, bleu3: 0.3, bleu4: 0.2, cider: 0.5, rougeL: 0.4 },
    brevityPenalty: 1,
    images: ENTRIES,
    signature: 'nrefs:1',
    captions: images.map((imageId, index) => ({
      imageId,
      text: `a dog ${index}`,
      scores: { cider: [Math.floor(index / 2)] },
      contentWords: 1,
    })),
  });
});
afterAll(() => server.close());

const pageSchema = z.object({
  edges: z.array(
    z.object({ cursor: z.string(), node: z.object({ id: z.string().optional(), text: z.string().optional() }) }),
  ),
  pageInfo: z.object({
    hasNextPage: z.boolean(),
    hasPreviousPage: z.boolean(),
    startCursor: z.string().nullable(),
    endCursor: z.string().nullable(),
  }),
});
const PAGE = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const VARIABLES = '($first: Int, $after: String, $last: Int, $before: String)';
const ARGUMENTS = 'first: $first, after: $after, last: $last, before: $before';

const listOf = (field: string) => ({
  document: `query ${VARIABLES} { ${field} }`,
  read: (data: Record<string, unknown>) => pageSchema.parse(data['page']),
});
const LISTS = {
  images: listOf(`page: images(${ARGUMENTS}) { edges { cursor node { id } } ${PAGE} }`),
  'images by rating': listOf(`page: images(orderBy: RATED, ${ARGUMENTS}) { edges { cursor node { id } } ${PAGE} }`),
  jobs: listOf(`page: jobs(filter: { kind: EMBED }, ${ARGUMENTS}) { edges { cursor node { id } } ${PAGE} }`),
  trainings: listOf(`page: trainingJobs(${ARGUMENTS}) { edges { cursor node { id } } ${PAGE} }`),
  models: listOf(`page: models(${ARGUMENTS}) { edges { cursor node { id } } ${PAGE} }`),
  captions: {
    document: `query ($modelId: ID!, ${VARIABLES.slice(1)} { bleuReport(modelId: $modelId) { page: captions(${ARGUMENTS}) { edges { cursor node { text } } ${PAGE} } } }`,
    read: (data: Record<string, unknown>) => z.object({ page: pageSchema }).parse(data['bleuReport']).page,
  },
} as const;

describe.each(Object.entries(LISTS))('the list of %s', (name, { document, read }) => {
  const page = async (variables: object) =>
    read(await ask(server, z.record(z.string(), z.unknown()), document, { modelId, ...variables }));

  test('has in every part of it what the whole list has there', async () => {
    const { edges } = await page({ first: 100 });
    expect(edges.length).toBeGreaterThanOrEqual(ENTRIES);
    const cursorAt = (place: number | undefined) => (place === undefined ? null : edges[place]?.cursor);
    await fc.assert(
      fc.asyncProperty(anyPart(edges.length), async (part) => {
        const size = part.backwards ? { last: part.limit } : { first: part.limit };
        const found = await page({ ...size, after: cursorAt(part.after), before: cursorAt(part.before) });
        const { items, hasNext, hasPrevious } = relayPage(edges, part);
        expect(found).toEqual({
          edges: items,
          pageInfo: {
            hasNextPage: hasNext,
            hasPreviousPage: hasPrevious,
            startCursor: items[0]?.cursor ?? null,
            endCursor: items.at(-1)?.cursor ?? null,
          },
        });
      }),
      { numRuns: 15 },
    );
  });

  test.each([
    ['first and last together', { first: 1, last: 1 }],
    ['a first of none', { first: 0 }],
    ['a last of none', { last: 0 }],
    ['a negative last', { last: -1 }],
    ['a last of more than a hundred', { last: 101 }],
    ['a cursor that is none', { last: 1, before: 'nonsense' }],
  ])(`${name}: %s is refused`, async (_, variables) => {
    expect((await refusal(server, document, { modelId, ...variables })).code).toBe('BAD_USER_INPUT');
  });
});

const NODE = 'query ($id: ID!) { node(id: $id) { __typename id } }';

describe('a node', () => {
  test('is whatever has the id', async () => {
    const { store, application } = { store: server.application.store, application: server.application };
    const imageId = images[1] ?? ('' as ImageId);
    const [reference] = (await store.captions.referencesOf([imageId])).get(imageId) ?? [];
    const generated = await store.captions.putGenerated({
      imageId,
      modelId,
      words: [],
      logProbability: -1,
      text: 'a cat',
    });
    const rating = await application.rateCaption({ captionId: generated.id, rating: 4 });
    const [dataset] = await store.datasets.list();
    const records = {
      Image: imageId,
      ReferenceCaption: reference?.id,
      GeneratedCaption: generated.id,
      Rating: rating.id,
      Dataset: dataset?.id,
      Model: modelId,
      Job: (await store.jobs.list({ limit: 1 })).items[0]?.id,
      TrainingJob: (await store.trainingJobs.list({ limit: 1 })).items[0]?.id,
    };
    for (const [type, id] of Object.entries(records))
      expect(await ask(server, z.unknown(), NODE, { id })).toEqual({ node: { __typename: type, id } });
    const deleted = images.pop();
    const { trash } = await application.deletions.deleteImages(deleted ? [deleted] : []);
    expect(await ask(server, z.unknown(), NODE, { id: trash })).toEqual({
      node: { __typename: 'TrashEntry', id: trash },
    });
    expect(await ask(server, z.unknown(), NODE, { id: deleted })).toEqual({ node: null });
  });

  test('is null where nothing has the id; several come in the order of their ids', async () => {
    const wanted = [images[2], 'nothing', modelId, '01900000-0000-7000-8000-000000000000', images[2]];
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Image { name } ... on Model { task } } }';
    const image = { id: images[2], name: '2.jpg' };
    expect(await ask(server, z.unknown(), query, { ids: wanted })).toEqual({
      nodes: [image, null, { id: modelId, task: 'CAPTION' }, null, image],
    });
    const many = Array.from({ length: 101 }, () => modelId);
    expect((await refusal(server, query, { ids: many })).code).toBe('BAD_USER_INPUT');
  });
});

const costSchema = z.object({ requested: z.number(), limit: z.number() });
const answerSchema = z.object({ extensions: z.object({ cost: costSchema.loose() }) });
const PHOTOS = '{ images(first: 2) { edges { node { id } } } }';

async function costOf(query: string, { url } = server): Promise<unknown> {
  const body = JSON.stringify({ query });
  const answer: unknown = await (
    await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  ).json();
  return answerSchema.loose().parse(answer).extensions.cost;
}

describe('extensions.cost', () => {
  test('tells what an operation cost, and what one may', async () => {
    const [two, twenty] = [await costOf(PHOTOS), await costOf('{ images { edges { node { id } } } }')];
    expect(costSchema.parse(two).limit).toBe(60_000);
    expect(costSchema.parse(twenty).requested).toBeGreaterThan(costSchema.parse(two).requested);
    expect(costSchema.parse(await costOf('{ images(last: 20) { edges { node { id } } } }'))).toEqual(
      costSchema.parse(twenty),
    );
    const refused = '{ a: images(first: 100) { edges { node { generatedCaptions { words { attention } } } } } }';
    expect(costSchema.parse(await costOf(refused)).requested).toBeGreaterThan(60_000);
  });

  test('counts what is computed for a node, for each of several', async () => {
    const fields = '{ ... on Image { candidates(first: 1) { text } } }';
    const one = costSchema.parse(await costOf(`{ node(id: "nothing") ${fields} }`)).requested;
    const three = costSchema.parse(await costOf(`{ nodes(ids: ["a", "b", "c"]) ${fields} }`)).requested;
    expect(one).toBeGreaterThan(6000);
    expect(three).toBeGreaterThan(18_000);
  });

  test('is in the first message of a subscription', async () => {
    const job = (await server.application.store.jobs.list({ limit: 1 })).items[0];
    const client = server.subscribe();
    const messages = client.iterate({
      query: 'subscription ($id: ID!) { jobProgress(jobId: $id) { state } }',
      variables: { id: job?.id },
    });
    const { value } = (await messages.next()) as { value: unknown };
    await messages.return?.();
    expect(value).toMatchObject({
      data: { jobProgress: { state: 'QUEUED' } },
      extensions: { cost: { requested: expect.any(Number) as number, limit: 60_000 } },
    });
  });
});

describe('where the cost of a minute is limited', () => {
  let limited: TestServer;
  beforeAll(async () => {
    limited = await openTestServer({ COST_PER_MINUTE: '1000' });
  });
  afterAll(() => limited.close());

  test('extensions.cost tells what is left of it', async () => {
    const { requested } = costSchema.parse(await costOf(PHOTOS, limited));
    expect(await costOf(PHOTOS, limited)).toMatchObject({
      requested,
      perMinute: { limit: 1000, left: 1000 - 2 * requested, seconds: expect.any(Number) as number },
    });
  });

  // The last: with the first key the server asks everybody for one.
  test('a node needs the scope that the list of such records needs', async () => {
    const { keys } = limited.application;
    const admin = await keys.create({ scopes: ['admin'] });
    const reader = await keys.create({ scopes: ['read'] });
    const query = `{ node(id: "${reader.key.id}") { __typename } nodes(ids: ["${reader.key.id}", "nothing"]) { id } }`;
    expect((await askWith(limited, admin.secret, query)).data).toEqual({
      node: { __typename: 'ApiKey' },
      nodes: [{ id: reader.key.id }, null],
    });
    const computed = `{ node(id: "nothing") { ... on Image { candidates { text } } } }`;
    expect((await askWith(limited, reader.secret, computed)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    const { data, errors } = await askWith(limited, reader.secret, query);
    expect(data).toEqual({ node: null, nodes: [null, null] });
    expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['node'], 'FORBIDDEN'],
      [['nodes', 0], 'FORBIDDEN'],
    ]);
  });
});
