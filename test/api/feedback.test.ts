/** What people say of captions: ratings, captions of their own, choices among candidates. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ModelRecord } from '../../src/store/models.js';
import { picture } from '../collection/seeing.js';
import { addCaptioned } from '../store/records.js';
import { ask, captionImage, refusal } from './client.js';
import { addUntrainedModel, openTestServer, type TestServer, uploadForm } from './test-server.js';

let server: TestServer;
let model: ModelRecord;
beforeAll(async () => {
  server = await openTestServer();
  model = await addUntrainedModel(server.application);
});
afterAll(() => server.close());

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

const CORRECT = `mutation ($imageId: ID!, $text: String!, $replaces: ID) {
  given: correctCaption(input: { imageId: $imageId, text: $text, replaces: $replaces }) { id text origin }
}`;
const CHOOSE = `mutation ($imageId: ID!, $text: String!, $replaces: ID) {
  given: chooseCaption(input: { imageId: $imageId, text: $text, replaces: $replaces }) { id text origin }
}`;
const REMOVE = 'mutation ($captionId: ID!) { removeCaption(input: { captionId: $captionId }) }';
const RATE = `mutation ($captionId: ID!, $rating: Int!, $replaces: ID) {
  rateCaption(input: { captionId: $captionId, rating: $rating, replaces: $replaces }) { id rating text }
}`;

const givenSchema = z.object({ given: z.object({ id: z.string(), text: z.string(), origin: z.string() }) });
const imageSchema = z.object({
  image: z.object({
    referenceCaptions: z.array(z.object({ id: z.string(), text: z.string(), origin: z.string(), source: z.string() })),
    generatedCaptions: z.array(
      z.object({
        id: z.string(),
        text: z.string(),
        confidence: z.number(),
        rating: z.object({ mean: z.number(), count: z.number() }).nullable(),
      }),
    ),
  }),
});
const candidatesSchema = z.object({
  image: z.object({ candidates: z.array(z.object({ text: z.string(), confidence: z.number() })) }),
});

async function look(id: string) {
  const query = `query ($id: ID!) { image(id: $id) {
    referenceCaptions { id text origin source } generatedCaptions { id text confidence rating { mean count } }
  } }`;
  return (await ask(server, imageSchema, query, { id })).image;
}

async function candidatesOf(id: string) {
  return (
    await ask(server, candidatesSchema, 'query ($id: ID!) { image(id: $id) { candidates { text confidence } } }', {
      id,
    })
  ).image.candidates;
}

const give = async (query: string, variables: object) => (await ask(server, givenSchema, query, variables)).given;

describe('correctCaption', () => {
  test("keeps what people write beside the data set's captions, and search finds it at once", async () => {
    const imageId = await addCaptioned(server.application.store, 'corrected.jpg', ['a dog runs'], 'train');
    const first = await give(CORRECT, { imageId, text: ' a zeppelin\nover the  sea ' });
    expect(first).toMatchObject({ text: 'a zeppelin over the sea', origin: 'PERSON' });
    // Postgres stores no NUL.
    await give(CORRECT, { imageId, text: 'an\u0000 airship\u0007' });
    const { referenceCaptions } = await look(imageId);
    expect(referenceCaptions.map(({ text, origin }) => [text, origin])).toEqual([
      ['a zeppelin over the sea', 'PERSON'],
      ['an airship', 'PERSON'],
      ['a dog runs', 'DATASET'],
    ]);
    const search = '{ searchImages(text: "zeppelins") { edges { node { origin image { id } } } } }';
    expect(await ask(server, z.unknown(), search)).toEqual({
      searchImages: { edges: [{ node: { origin: 'REFERENCE', image: { id: imageId } } }] },
    });
  });

  test('the same text twice is one caption; one that replaces another leaves those of others alone', async () => {
    const imageId = await addCaptioned(server.application.store, 'replaced.jpg', []);
    const own = await give(CORRECT, { imageId, text: 'a boat' });
    const others = await give(CORRECT, { imageId, text: 'a ship' });
    expect((await give(CORRECT, { imageId, text: 'a boat' })).id).toBe(own.id);
    const better = await give(CORRECT, { imageId, text: 'a red boat', replaces: own.id });
    expect((await look(imageId)).referenceCaptions.map(({ id }) => id)).toEqual([others.id, better.id]);
    expect(await give(CORRECT, { imageId, text: 'a red boat', replaces: better.id })).toEqual(better);
  });

  test('many at once are all kept', async () => {
    const imageId = await addCaptioned(server.application.store, 'many.jpg', []);
    const texts = Array.from({ length: 8 }, (_, index) => `caption ${index}`);
    await Promise.all(texts.map((text) => give(CORRECT, { imageId, text })));
    expect((await look(imageId)).referenceCaptions.map(({ text }) => text).sort()).toEqual(texts);
  });

  test("is taken back by its id, which is the only way; a data set's caption cannot be", async () => {
    const imageId = await addCaptioned(server.application.store, 'taken-back.jpg', ['a cat sleeps']);
    const { id } = await give(CORRECT, { imageId, text: 'a cat dreams' });
    expect(await ask(server, z.unknown(), REMOVE, { captionId: id })).toEqual({ removeCaption: id });
    const { referenceCaptions } = await look(imageId);
    expect(referenceCaptions.map(({ text }) => text)).toEqual(['a cat sleeps']);
    for (const captionId of [id, referenceCaptions[0]?.id, UNKNOWN, 'nothing']) {
      expect((await refusal(server, REMOVE, { captionId })).code).toBe('NOT_FOUND');
    }
    expect((await refusal(server, CORRECT, { imageId, text: 'a dog', replaces: referenceCaptions[0]?.id })).code).toBe(
      'NOT_FOUND',
    );
    expect((await look(imageId)).referenceCaptions).toEqual(referenceCaptions);
  });

  test.each([
    ['an empty caption', { text: ' \n' }, 'BAD_USER_INPUT'],
    ['a caption without words', { text: '!?' }, 'BAD_USER_INPUT'],
    ['a caption of NUL and emoji', { text: '\u0000 👍 \u0007' }, 'BAD_USER_INPUT'],
    ['a caption of 501 characters', { text: 'a'.repeat(501) }, 'BAD_USER_INPUT'],
    ['an unknown photo', { imageId: UNKNOWN, text: 'a dog' }, 'NOT_FOUND'],
    ['no photo', { imageId: 'nothing', text: 'a dog' }, 'NOT_FOUND'],
    ['an unknown caption to replace', { text: 'a dog', replaces: UNKNOWN }, 'NOT_FOUND'],
  ])('%s is refused', async (_, variables, code) => {
    const imageId = await addCaptioned(server.application.store, 'refused.jpg', []);
    expect((await refusal(server, CORRECT, { imageId, ...variables })).code).toBe(code);
    expect((await look(imageId)).referenceCaptions).toEqual([]);
  });
});

describe('candidates', () => {
  const UPLOAD = `mutation ($upload: Upload!) { captionImage(upload: $upload) {
    id text confidence caption { id text } candidates(first: 3) { text confidence logProbability words { word probability attention } }
  } }`;
  const uploadSchema = z.object({
    captionImage: z.object({
      id: z.string(),
      text: z.string(),
      confidence: z.number(),
      caption: z.object({ id: z.string(), text: z.string() }),
      candidates: z.array(
        z.object({
          text: z.string(),
          confidence: z.number(),
          words: z.array(z.object({ word: z.string(), attention: z.array(z.number()) })),
        }),
      ),
    }),
  });

  test('come with an uploaded photo and again later, the caption first, each with its words and where they looked', async () => {
    const form = async () => uploadForm(UPLOAD, [{ bytes: await picture(1), name: 'one.png' }]);
    const uploaded = uploadSchema.parse((await server.post(await form())).data).captionImage;
    expect(uploaded.candidates).toHaveLength(3);
    expect(uploaded.candidates[0]).toMatchObject({ text: uploaded.text, confidence: uploaded.confidence });
    expect(uploaded.caption.text).toBe(uploaded.text);
    expect(new Set(uploaded.candidates.map(({ text }) => text)).size).toBe(3);
    for (const { text, words, confidence } of uploaded.candidates) {
      expect(words.map(({ word }) => word).join(' ')).toBe(text);
      for (const { attention } of words) expect(attention.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 3);
      expect(confidence).toSatisfy((value: number) => value > 0 && value <= 1);
    }
    const again = uploadSchema.parse((await server.post(await form())).data).captionImage;
    expect(again.candidates.map(({ text }) => text)).toEqual(uploaded.candidates.map(({ text }) => text));
    const candidates = await candidatesOf(uploaded.id);
    expect(candidates).toHaveLength(5);
    expect(candidates.slice(0, 3).map(({ text }) => text)).toEqual(uploaded.candidates.map(({ text }) => text));
    expect((await look(uploaded.id)).generatedCaptions).toMatchObject([
      { id: uploaded.caption.id, text: uploaded.text, confidence: uploaded.confidence },
    ]);
  });

  test('one that a person chooses is kept as chosen; another text is none', async () => {
    const { id: imageId, text } = await captionImage(server, await picture(2));
    const second = (await candidatesOf(imageId))[1]?.text ?? '';
    const chosen = await give(CHOOSE, { imageId, text: second });
    expect(chosen).toMatchObject({ text: second, origin: 'CHOICE' });
    const other = await refusal(server, CHOOSE, { imageId, text: 'a zebra' });
    expect(other).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('correctCaption') as string,
    });
    const instead = await give(CHOOSE, { imageId, text, replaces: chosen.id });
    expect((await look(imageId)).referenceCaptions).toMatchObject([{ id: instead.id, origin: 'CHOICE' }]);
    const edited = await give(CORRECT, { imageId, text: 'a purple square', replaces: instead.id });
    expect((await look(imageId)).referenceCaptions).toMatchObject([
      { id: edited.id, text: 'a purple square', origin: 'PERSON' },
    ]);
  });

  test.each([0, 6])('%i of them cannot be had', async (first) => {
    const { id } = await captionImage(server, await picture(2));
    expect(
      await refusal(
        server,
        'query ($id: ID!, $first: Int!) { image(id: $id) { candidates(first: $first) { text } } }',
        { id, first },
      ),
    ).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe('rateCaption', () => {
  test('ratings of a caption are told with it, and one can be changed', async () => {
    const { id } = await captionImage(server, await picture(3));
    const [caption] = (await look(id)).generatedCaptions;
    expect(caption?.rating).toBeNull();
    const rated = z.object({ rateCaption: z.object({ id: z.string(), rating: z.number(), text: z.string() }) });
    const { rateCaption } = await ask(server, rated, RATE, { captionId: caption?.id, rating: 2 });
    expect(rateCaption).toMatchObject({ rating: 2, text: caption?.text });
    await ask(server, rated, RATE, { captionId: caption?.id, rating: 5 });
    expect((await look(id)).generatedCaptions[0]?.rating).toEqual({ mean: 3.5, count: 2 });
    await ask(server, rated, RATE, { captionId: caption?.id, rating: 4, replaces: rateCaption.id });
    expect((await look(id)).generatedCaptions[0]?.rating).toEqual({ mean: 4.5, count: 2 });
  });

  test('a sentence that is written anew has no ratings yet', async () => {
    const { id } = await captionImage(server, await picture(4));
    const [caption] = (await look(id)).generatedCaptions;
    await ask(server, z.unknown(), RATE, { captionId: caption?.id, rating: 1 });
    const { captions } = server.application.store;
    const [kept] = (await captions.generatedOf([id as never], model.id)).values().next().value ?? [];
    if (!kept) throw new Error('no caption was kept');
    await captions.putGenerated({ ...kept, text: 'another sentence' });
    expect((await look(id)).generatedCaptions).toMatchObject([
      { id: caption?.id, text: 'another sentence', rating: null },
    ]);
  });

  test.each([
    ['no stars', { rating: 0 }, 'BAD_USER_INPUT'],
    ['six stars', { rating: 6 }, 'BAD_USER_INPUT'],
    ['an unknown caption', { captionId: UNKNOWN, rating: 3 }, 'NOT_FOUND'],
    ['an unknown rating to change', { rating: 3, replaces: UNKNOWN }, 'NOT_FOUND'],
  ])('%s: refused', async (_, variables, code) => {
    const { id } = await captionImage(server, await picture(5));
    const captionId = (await look(id)).generatedCaptions[0]?.id;
    expect((await refusal(server, RATE, { captionId, ...variables })).code).toBe(code);
    expect((await look(id)).generatedCaptions[0]?.rating).toBeNull();
  });
});
