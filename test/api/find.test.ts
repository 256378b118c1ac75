/** Finding photos and what is said of them, as a client does. */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CHOICE, PERSON } from '../../src/store/split-rules.js';
import { addCaptioned } from '../store/records.js';
import { drawnPicture } from '../vision/pictures.js';
import { ask, captionImage, refusal, refusalOf } from './client.js';
import { requestWith } from './raw-socket.js';
import { addUntrainedModel, openTestServer, type TestServer, uploadForm } from './test-server.js';

let server: TestServer;
let photo: Uint8Array;
const ids = new Map<string, string>();
beforeAll(async () => {
  server = await openTestServer();
  await addUntrainedModel(server.application);
  photo = await drawnPicture(1, 160, 120);
  const pictures = {
    'this.png': photo,
    'other.png': await drawnPicture(3, 160, 120),
    'third.png': await drawnPicture(4, 160, 120),
  };
  for (const [name, bytes] of Object.entries(pictures)) ids.set(name, (await captionImage(server, bytes, name)).id);
  const { store } = server.application;
  await addCaptioned(store, 'dog.jpg', ['a brown dog runs', 'an animal'], 'dev');
  await addCaptioned(store, 'dogs.jpg', ['two dogs run'], 'train');
});
afterAll(() => server.close());

const connection = <Node extends z.ZodType>(node: Node) =>
  z.object({
    edges: z.array(z.object({ node, cursor: z.string() })),
    pageInfo: z.object({ hasNextPage: z.boolean() }),
    totalCount: z.number(),
    totalCountIsEstimate: z.boolean(),
  });
const PAGE = 'pageInfo { hasNextPage } totalCount totalCountIsEstimate';
const named = z.object({ name: z.string() });

describe('searchImages', () => {
  const schema = z.object({
    searchImages: connection(
      z.object({
        caption: z.string().nullable(),
        image: named,
        signals: z.array(z.object({ signal: z.string(), rank: z.number() })),
      }),
    ).extend({
      mode: z.string(),
      notice: z.string().nullable(),
      searchedText: z.string(),
      unknownWords: z.array(z.string()),
      corrections: z.array(z.object({ word: z.string(), replacement: z.string() })),
    }),
  });
  const SEARCH = `query ($text: String!, $mode: SearchMode! = TEXT, $exact: Boolean! = false, $filter: ImageFilter) {
    searchImages(text: $text, mode: $mode, exact: $exact, filter: $filter) {
      edges { cursor node { caption image { name } signals { signal rank } } } ${PAGE}
      mode notice searchedText unknownWords corrections { word replacement }
    }
  }`;
  const search = async (variables: object) => (await ask(server, schema, SEARCH, variables)).searchImages;

  test('a misspelt word is told with the word that was searched for', async () => {
    const found = await search({ text: 'bronw dog zeppelin' });
    expect(found).toMatchObject({
      edges: [],
      searchedText: 'brown dog zeppelin',
      corrections: [{ word: 'bronw', replacement: 'brown' }],
      unknownWords: ['zeppelin'],
      mode: 'TEXT',
      notice: null,
    });
    const { edges } = await search({ text: 'bronw dog' });
    expect(edges.map(({ node }) => node)).toEqual([
      { caption: 'a brown dog runs', image: { name: 'dog.jpg' }, signals: [{ signal: 'WORDS', rank: 1 }] },
    ]);
  });

  test('words are searched as they are typed where that is asked for', async () => {
    expect(await search({ text: 'bronw dog', exact: true })).toMatchObject({
      edges: [],
      searchedText: 'bronw dog',
      corrections: [],
      unknownWords: [],
    });
  });

  test('letters are folded, and a slash parts words', async () => {
    const found = await search({ text: 'BRÖWN/dog' });
    expect(found.edges.map(({ node }) => node.image.name)).toEqual(['dog.jpg']);
    expect(found.corrections).toEqual([]);
  });

  test('filters choose among the photos that are found', async () => {
    const count = async (filter: object) => (await search({ text: '"two dogs" or "brown dog"', filter })).totalCount;
    expect(await count({})).toBe(2);
    expect(await count({ split: 'DEV' })).toBe(1);
    expect(await count({ hasPersonCaption: false })).toBe(0);
    expect(await count({ addedFrom: '2999-01-01T00:00:00Z' })).toBe(0);
  });
});

describe('similarImages', () => {
  const schema = z.object({
    similarImages: connection(z.object({ image: named, similarity: z.number(), nearDuplicate: z.boolean() })),
  });
  const FIELDS = `edges { cursor node { similarity nearDuplicate image { name } } } ${PAGE}`;
  const LIKE = `query ($imageId: ID, $like: [WeightedImage!], $filter: ImageFilter, $first: Int! = 20, $after: String) {
    similarImages(imageId: $imageId, like: $like, filter: $filter, first: $first, after: $after) { ${FIELDS} }
  }`;
  const names = ({ edges }: z.output<typeof schema>['similarImages']) => edges.map(({ node }) => node.image.name);

  test('a photo that is sent along is compared and not stored, and what it is a copy of is flagged', async () => {
    const before = (await server.application.store.images.count()).count;
    const copy = await sharp(photo).resize(150).png().toBuffer();
    const query = `query ($upload: Upload) { similarImages(upload: $upload, first: 2) { ${FIELDS} } }`;
    const { data, errors } = await server.post(uploadForm(query, [{ bytes: copy, name: 'copy.png' }]));
    expect(errors).toBeUndefined();
    const { similarImages } = schema.parse(data);
    expect(similarImages.edges[0]?.node).toMatchObject({ image: { name: 'this.png' }, nearDuplicate: true });
    expect(similarImages).toMatchObject({
      totalCount: 3,
      totalCountIsEstimate: false,
      pageInfo: { hasNextPage: true },
    });
    expect((await server.application.store.images.count()).count).toBe(before);
  });

  test('a sent photo that cannot be read is refused', async () => {
    const query = 'query ($upload: Upload) { similarImages(upload: $upload) { totalCount } }';
    const answer = await server.post(
      uploadForm(query, [{ bytes: new TextEncoder().encode('no photo'), name: 'no.txt' }]),
    );
    expect(refusalOf(answer).code).toBe('INVALID_IMAGE');
  });

  test('more like some and less like others', async () => {
    const weighted = (weights: Record<string, number>) =>
      Object.entries(weights).map(([name, weight]) => ({ imageId: ids.get(name), weight }));
    const { similarImages } = await ask(server, schema, LIKE, { like: weighted({ 'this.png': 1, 'other.png': -0.5 }) });
    expect(names(similarImages)).toEqual(['third.png']);
  });

  test('a filter holds, and pages go on behind a cursor', async () => {
    const whole = (await ask(server, schema, LIKE, { imageId: ids.get('this.png') })).similarImages;
    expect(names(whole)).toHaveLength(2);
    const first = (await ask(server, schema, LIKE, { imageId: ids.get('this.png'), first: 1 })).similarImages;
    const second = (
      await ask(server, schema, LIKE, { imageId: ids.get('this.png'), first: 1, after: first.edges[0]?.cursor })
    ).similarImages;
    expect([...names(first), ...names(second)]).toEqual(names(whole));
    expect(
      (await ask(server, schema, LIKE, { imageId: ids.get('this.png'), filter: { split: 'DEV' } })).similarImages
        .totalCount,
    ).toBe(0);
  });

  test.each([
    ['nothing to be like', {}],
    ['two things to be like', { imageId: 'x', like: [{ imageId: 'y' }] }],
    ['a strange cursor', { imageId: 'x', after: 'nonsense' }],
    ['nothing but unlike', { like: [{ imageId: 'x', weight: -1 }] }],
  ])('%s is refused', async (_, variables) => {
    expect((await refusal(server, LIKE, variables)).code).toBe('BAD_USER_INPUT');
  });
});

test('recommendations are photos like the liked ones, without those', async () => {
  const query =
    'query ($ids: [ID!]!) { recommendations(forImageIds: $ids) { similarity image { name } like { name } } }';
  const schema = z.object({
    recommendations: z.array(z.object({ similarity: z.number(), image: named, like: named })),
  });
  const { recommendations } = await ask(server, schema, query, { ids: [ids.get('other.png')] });
  for (const { image, like } of recommendations) {
    expect(like.name).toBe('other.png');
    expect(['this.png', 'third.png']).toContain(image.name);
  }
  expect((await refusal(server, query, { ids: [] })).code).toBe('BAD_USER_INPUT');
  expect((await refusal(server, query, { ids: ['nothing'] })).code).toBe('NOT_FOUND');
});

describe('alternative texts', () => {
  const ALT = 'query ($id: ID!) { altText(imageId: $id) { text confidence origin } }';
  const schema = z.object({ altText: z.object({ text: z.string(), confidence: z.number(), origin: z.string() }) });
  const at = (sha256: string, accept?: string) =>
    fetch(new URL(`/alt/${sha256}`, server.url), { headers: { ...(accept && { accept }) } });

  test("a person's sentence counts before a model's, which is told as a possibility where it is not certain", async () => {
    const dog = (await server.application.store.images.list({ limit: 20 })).items.find(
      ({ name }) => name === 'dog.jpg',
    );
    expect(await ask(server, schema, ALT, { id: dog?.id })).toEqual({
      altText: { text: 'a brown dog runs', confidence: 1, origin: 'REFERENCE' },
    });
    const { altText } = await ask(server, schema, ALT, { id: ids.get('this.png') });
    expect(altText).toMatchObject({ text: expect.stringMatching(/^Image may show: /) as string, origin: 'GENERATED' });
    expect(altText.confidence).toBeLessThan(0.6);
    expect((await refusal(server, ALT, { id: 'nothing' })).code).toBe('NOT_FOUND');
  });

  test('what people gave here counts before what a data set says; lists of photos have it as far as it is written', async () => {
    const all = 'query { images(first: 100) { edges { node { name altText { text caption origin } } } } }';
    const text = z.object({ text: z.string(), caption: z.string(), origin: z.string() }).nullable();
    const page = z.object({
      images: z.object({ edges: z.array(z.object({ node: z.object({ name: z.string(), altText: text }) })) }),
    });
    const read = async (wanted: string) =>
      (await ask(server, page, all)).images.edges.find(({ node: { name } }) => name === wanted)?.node.altText;
    const dog = (await server.application.store.images.list({ limit: 20 })).items.find(
      ({ name }) => name === 'dog.jpg',
    );
    const { peopleCaptions } = server.application.store;
    if (!dog) throw new Error('there is no dog');
    const chosen = await peopleCaptions.add(dog.id, 'a dog', CHOICE);
    expect(await read('dog.jpg')).toEqual({ text: 'a dog', caption: 'a dog', origin: 'REFERENCE' });
    const own = await peopleCaptions.add(dog.id, 'Rex, running', PERSON);
    expect(await read('dog.jpg')).toMatchObject({ text: 'Rex, running' });
    for (const { id } of [chosen, own]) await peopleCaptions.remove(id);
    const written = await read('this.png');
    expect(written).toMatchObject({ text: `Image may show: ${written?.caption ?? ''}`, origin: 'GENERATED' });
    const silent = await addCaptioned(server.application.store, 'silent.png', []);
    expect(await read('silent.png')).toBeNull();
    await server.application.store.images.delete(silent);
  });

  test('sites are given it by the hash of a photo, as JSON or as text, and may keep it', async () => {
    const image = (await server.application.store.images.list({ limit: 20 })).items.find(
      ({ name }) => name === 'dog.jpg',
    );
    const json = await at(image?.sha256 ?? '');
    expect(await json.json()).toEqual({ alt: 'a brown dog runs', confidence: 1, origin: 'reference' });
    expect(Object.fromEntries(json.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      vary: 'Accept, Accept-Encoding',
      'content-type': expect.stringContaining('application/json') as string,
    });
    const text = await at(image?.sha256 ?? '', 'text/plain');
    expect(await text.text()).toBe('a brown dog runs');
    expect(text.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    // fetch asks past every cache as soon as a request names an ETag.
    const again = await requestWith(text.url, {
      Accept: 'text/plain',
      'If-None-Match': text.headers.get('etag') ?? '',
    });
    expect(again).toEqual({ status: 304, body: '' });
    expect(json.headers.get('etag')).not.toBe(text.headers.get('etag'));
  });

  test('a photo that is not there is told by code', async () => {
    for (const [sha256, status, code] of [
      ['0'.repeat(64), 404, 'NOT_FOUND'],
      ['nonsense', 400, 'BAD_USER_INPUT'],
      ['%00', 400, 'BAD_USER_INPUT'],
    ] as const) {
      const response = await at(sha256);
      expect({ status: response.status, body: await response.json() }).toMatchObject({
        status,
        body: { errors: [{ extensions: { code } }] },
      });
    }
  });
});
