import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ModelRecord } from '../../src/store/models.js';
import { addCaptioned, addToDataset, sha256Of } from '../store/records.js';
import { drawnPicture } from '../vision/pictures.js';
import { ask, captionImage, refusal } from './client.js';
import { addUntrainedModel, openTestServer, type TestServer } from './test-server.js';

let server: TestServer;
let model: ModelRecord;
const DOGS = ['a dog runs', 'a brown dog is running on the beach', 'two dogs run through a field full of tall grass'];
beforeAll(async () => {
  server = await openTestServer();
  model = await addUntrainedModel(server.application);
  const { store } = server.application;
  for (const [index, caption] of DOGS.entries()) await addCaptioned(store, `dog-${index}.jpg`, [caption], 'dev');
  await addCaptioned(store, 'cat.jpg', ['a cat sleeps'], 'train');
});
afterAll(() => server.close());

const pageSchema = z.object({
  page: z.object({
    edges: z.array(z.object({ cursor: z.string(), node: z.record(z.string(), z.unknown()) })),
    pageInfo: z.object({ hasNextPage: z.boolean(), hasPreviousPage: z.boolean(), endCursor: z.string().nullable() }),
    totalCount: z.number(),
  }),
});
const PAGE = 'pageInfo { hasNextPage hasPreviousPage endCursor } totalCount';

const SEARCH = `query ($text: String!, $first: Int! = 20, $after: String) {
  page: searchImages(text: $text, first: $first, after: $after) {
    edges { cursor node { caption origin score parts { text matches } image { name referenceCaptions { text } } } } ${PAGE}
  }
}`;
const IMAGES = `query ($first: Int! = 20, $after: String, $filter: ImageFilter) {
  page: images(first: $first, after: $after, filter: $filter) { edges { cursor node { name } } ${PAGE} }
}`;

async function page(query: string, variables: Readonly<Record<string, unknown>>) {
  return (await ask(server, pageSchema, query, variables)).page;
}

describe('searchImages', () => {
  test('finds photos by their captions, in all forms of the words, with what matched and a score', async () => {
    const { edges, totalCount } = await page(SEARCH, { text: 'dogs running' });
    expect(totalCount).toBe(3);
    expect(edges.map(({ node }) => node['caption'])).toEqual(expect.arrayContaining(DOGS));
    const scores = edges.map(({ node }) => Number(node['score']));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(edges[0]?.node).toMatchObject({
      origin: 'REFERENCE',
      parts: expect.arrayContaining([{ text: 'dog', matches: true }]) as object,
      image: { name: expect.stringMatching(/^dog-\d\.jpg$/) as string, referenceCaptions: [{}] },
    });
  });

  test('pages one by one give the whole list, each photo once and in its order', async () => {
    const whole = await page(SEARCH, { text: 'dog' });
    const singles: unknown[] = [];
    let after: string | null = null;
    do {
      const { edges, pageInfo }: Awaited<ReturnType<typeof page>> = await page(SEARCH, {
        text: 'dog',
        first: 1,
        after,
      });
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      singles.push(...edges);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(singles).toEqual(whole.edges);
  });

  test('nothing found is an empty page', async () => {
    expect(await page(SEARCH, { text: 'submarine' })).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, endCursor: null },
      totalCount: 0,
    });
  });

  test.each([
    ['an empty text', { text: '' }],
    ['blanks', { text: ' \n ' }],
    ['two thousand characters', { text: 'dog '.repeat(500) }],
    ['a page of none', { text: 'dog', first: 0 }],
    ['a page of more than a hundred', { text: 'dog', first: 101 }],
    ['a cursor that is none', { text: 'dog', after: 'nonsense' }],
  ])('%s is refused', async (_, variables) => {
    expect((await refusal(server, SEARCH, variables)).code).toBe('BAD_USER_INPUT');
  });

  test.each(['\'; DROP TABLE "Image"; --', '"unclosed', '-', '\u0000', '🐕', 'a & | ! ( )'])(
    '%j is only a text',
    async (text) => {
      await page(SEARCH, { text: `dog ${text}` });
      expect((await page(SEARCH, { text: 'dog' })).totalCount).toBe(3);
    },
  );
});

describe('images', () => {
  test('are listed newest first, in pages, of one split where that is asked for', async () => {
    const first = await page(IMAGES, { first: 2, filter: { split: 'DEV' } });
    expect(first.edges.map(({ node }) => node['name'])).toEqual(['dog-2.jpg', 'dog-1.jpg']);
    expect(first).toMatchObject({ pageInfo: { hasNextPage: true, hasPreviousPage: false }, totalCount: 3 });
    const second = await page(IMAGES, { first: 2, filter: { split: 'DEV' }, after: first.pageInfo.endCursor });
    expect(second.edges.map(({ node }) => node['name'])).toEqual(['dog-0.jpg']);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  const IMPOSSIBLE = [{ first: 0 }, { first: 101 }, { first: -5 }, { after: 'nonsense' }];
  test.each(IMPOSSIBLE)('a page that cannot be is refused: %o', async (variables) => {
    expect((await refusal(server, IMAGES, variables)).code).toBe('BAD_USER_INPUT');
  });

  test.each(['nothing', '01900000-0000-7000-8000-000000000000'])('there is none with the id %s', async (id) => {
    const { data, errors = [] } = await server.query(
      'query ($id: ID!) { image(id: $id) { name } trainingJob(id: $id) { name } }',
      { id },
    );
    expect(data).toEqual({ image: null, trainingJob: null });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  });
});

describe('similarImages', () => {
  const SIMILAR = `query ($imageId: ID!, $first: Int! = 20, $after: String) {
    page: similarImages(imageId: $imageId, first: $first, after: $after) {
      edges { cursor node { similarity image { name } } } ${PAGE}
    }
  }`;

  test('the photo most like another comes first, and itself not at all', async () => {
    const { id } = await captionImage(server, await drawnPicture(1, 64, 64), 'this.png');
    await captionImage(server, await drawnPicture(1, 66, 64), 'nearly-this.png');
    await captionImage(server, await drawnPicture(3, 64, 64), 'other.png');
    const whole = await page(SIMILAR, { imageId: id });
    expect(whole.edges.map(({ node }) => node['image'])).toEqual([{ name: 'nearly-this.png' }, { name: 'other.png' }]);
    expect(whole.totalCount).toBe(2);
    const first = await page(SIMILAR, { imageId: id, first: 1 });
    const second = await page(SIMILAR, { imageId: id, first: 1, after: first.pageInfo.endCursor });
    expect([...first.edges, ...second.edges]).toEqual(whole.edges);
    expect(second.pageInfo.hasNextPage).toBe(false);
  });

  test('an unknown photo is refused', async () => {
    expect((await refusal(server, SIMILAR, { imageId: 'nothing' })).code).toBe('NOT_FOUND');
  });
});

describe('useModel', () => {
  const USE = 'mutation ($modelId: ID!) { useModel(input: { modelId: $modelId }) { id current } }';
  const models = 'query { models(filter: { task: CAPTION }) { edges { node { id current } } } }';
  const modelsSchema = z.object({
    models: z.object({ edges: z.array(z.object({ node: z.object({ id: z.string(), current: z.boolean() }) })) }),
  });

  test('has an earlier captioner write again, alone', async () => {
    const current = async () =>
      (await ask(server, modelsSchema, models)).models.edges.flatMap(({ node }) => (node.current ? [node.id] : []));
    const later = await addUntrainedModel(server.application);
    expect(await current()).toEqual([later.id]);
    expect(await ask(server, z.unknown(), USE, { modelId: model.id })).toEqual({
      useModel: { id: model.id, current: true },
    });
    expect(await current()).toEqual([model.id]);
  });

  test('refuses what was made for another encoder, and changes nothing', async () => {
    const { store } = server.application;
    const foreign = { encoder: 'another' as ModelRecord['encoder'], settings: {}, checkpoint: new Uint8Array(1) };
    const blind = await store.models.add({ ...foreign, name: 'blind', checkpointSha256: sha256Of('blind') });
    const finder = await store.models.add({
      ...foreign,
      name: 'finder',
      task: 'SEARCH',
      checkpointSha256: sha256Of('finder'),
    });
    const codes = [];
    for (const modelId of ['nothing', finder.id, blind.id]) codes.push((await refusal(server, USE, { modelId })).code);
    expect(codes).toEqual(['NOT_FOUND', 'ENCODER_MISMATCH', 'ENCODER_MISMATCH']);
    expect(await store.models.current()).toMatchObject({ id: model.id });
  });
});

describe('bleuReport', () => {
  const REPORT = `query ($modelId: ID, $split: Split! = DEV) {
    bleuReport(modelId: $modelId, split: $split) { bleu brevityPenalty cider rougeL images signature split origin model { id } }
  }`;

  test('a model that was not measured is said so, with the way to measure it', async () => {
    const { code, message } = await refusal(server, REPORT, { split: 'TEST' });
    expect(code).toBe('NOT_FOUND');
    expect(message).toContain('evaluateModel');
    expect((await refusal(server, REPORT, { modelId: 'nothing' })).code).toBe('NOT_FOUND');
  });

  test('the latest evaluation is what is reported', async () => {
    const figures = { brevityPenalty: 0.9, cider: 0.5, rougeL: 0.4, images: 12, signature: 'nrefs:5' };
    const { evaluations } = server.application.store;
    for (const bleu1 of [0.1, 0.6]) {
      const { cider, rougeL, ...others } = figures;
      await evaluations.add({
        modelId: model.id,
        split: 'dev',
        figures: { bleu1, bleu2: 0.4, bleu3: 0.3, bleu4: 0.2, cider, rougeL },
        ...others,
      });
    }
    expect(await ask(server, z.unknown(), REPORT)).toEqual({
      bleuReport: {
        bleu: [0.6, 0.4, 0.3, 0.2],
        ...figures,
        split: 'DEV',
        origin: 'EVALUATION',
        model: { id: model.id },
      },
    });
  });

  test('evaluateModel captions the photos of a split, and keeps what it measured', async () => {
    const { application } = server;
    const bytes = await drawnPicture(5, 64, 64);
    const photo = {
      bytes,
      sha256: sha256Of(bytes),
      mediaType: 'image/png',
      width: 64,
      height: 64,
      name: 'measured.png',
    };
    await addToDataset(application.store, [photo], { dataset: 'own', split: 'test', captions: ['a dog runs'] });
    const evaluate =
      'mutation ($modelId: ID!) { evaluateModel(input: { modelId: $modelId, split: TEST }) { images bleu signature } }';
    const reportSchema = z.object({ images: z.number(), bleu: z.array(z.number()).length(4), signature: z.string() });
    const { evaluateModel } = await ask(server, z.object({ evaluateModel: reportSchema }), evaluate, {
      modelId: model.id,
    });
    expect(evaluateModel.images).toBe(1);
    const query = '{ bleuReport(split: TEST) { images bleu signature } }';
    expect(await ask(server, z.unknown(), query)).toEqual({ bleuReport: evaluateModel });
  });
});
