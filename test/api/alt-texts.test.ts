/** Twenty photos go through the queue by the API alone, and what people decided stays. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { GeneratedCaptionRecord } from '../../src/store/captions.js';
import type { ImageId } from '../../src/ids.js';
import { drawnPicture } from '../vision/pictures.js';
import { addCaptioned, addModel, newImage } from '../store/records.js';
import { ask, captionImage, refusal } from './client.js';
import { askWith } from './keyed-client.js';
import { requestWith } from './raw-socket.js';
import { addUntrainedModel, openTestServer, type TestServer } from './test-server.js';

const entrySchema = z.object({
  image: z.object({ id: z.string(), name: z.string(), sha256: z.string() }),
  state: z.enum(['MISSING', 'SUGGESTED', 'APPROVED', 'DECORATIVE']),
  revision: z.number(),
  altText: z
    .object({
      text: z.string(),
      state: z.string(),
      decidedBy: z.object({ kind: z.string(), name: z.string().nullable() }).nullable(),
    })
    .nullable(),
  suggestions: z.array(
    z.object({
      text: z.string(),
      confidence: z.number(),
      origin: z.string(),
      model: z.object({ name: z.string() }).nullable(),
    }),
  ),
});
type Entry = z.infer<typeof entrySchema>;
const ENTRY = `image { id name sha256 } state revision altText { text state decidedBy { kind name } }
  suggestions { text confidence origin model { name } }`;
const changeSchema = z.object({
  actionId: z.string().nullable(),
  changed: z.array(entrySchema),
  refused: z.array(z.object({ imageId: z.string(), code: z.string(), message: z.string() })),
  warnings: z.array(z.object({ imageId: z.string(), finding: z.object({ rule: z.string() }) })),
});
const CHANGE = `actionId changed { ${ENTRY} } refused { imageId code message } warnings { imageId finding { rule } }`;
const listSchema = z.object({
  altTexts: z.object({
    totalCount: z.number(),
    stateCounts: z.object({
      missing: z.number(),
      suggested: z.number(),
      approved: z.number(),
      decorative: z.number(),
    }),
    pageInfo: z.object({
      hasNextPage: z.boolean(),
      hasPreviousPage: z.boolean(),
      startCursor: z.string().nullable(),
      endCursor: z.string().nullable(),
    }),
    edges: z.array(z.object({ node: entrySchema })),
  }),
});
const LIST = `query ($filter: AltTextFilter, $orderBy: AltTextOrder! = LEAST_SURE, $first: Int, $after: String, $last: Int, $before: String) {
  altTexts(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    totalCount stateCounts { missing suggested approved decorative } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { node { ${ENTRY} } } } }`;

async function list(server: TestServer, variables: object = { first: 100 }) {
  const { altTexts } = await ask(server, listSchema, LIST, variables);
  return { ...altTexts, entries: altTexts.edges.map(({ node }) => node) };
}

/** Does one of the mutations. @param type of its input */
async function change(server: TestServer, name: string, input: object) {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${CHANGE} } }`;
  return (await ask(server, z.object({ [name]: changeSchema }), query, { input }))[name] as z.infer<
    typeof changeSchema
  >;
}

function first(entry: Entry | undefined): { imageId: string; revision: number; text: string } {
  return { imageId: entry?.image.id ?? '', revision: entry?.revision ?? -1, text: entry?.suggestions[0]?.text ?? '' };
}

const seen = (entry: Entry | undefined) => ({ imageId: entry?.image.id ?? '', revision: entry?.revision ?? -1 });

async function alt(server: TestServer, sha256: string | undefined, accept?: string) {
  const response = await fetch(new URL(`/alt/${sha256 ?? ''}`, server.url), { headers: { ...(accept && { accept }) } });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** What a model writes for a photo. */
function written(text: string, logProbability = -6): Pick<GeneratedCaptionRecord, 'text' | 'words' | 'logProbability'> {
  const words = text.split(' ').map((word) => ({ word, probability: 0.4, attention: new Float32Array(49) }));
  return { text, words, logProbability };
}

describe('twenty photos', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
    await addUntrainedModel(server.application);
    for (let index = 0; index < 20; index += 1)
      await captionImage(server, await drawnPicture(index, 64, 48), `${index}.png`);
  });
  afterAll(() => server.close());

  test('are approved, corrected, decorative and undone by the API alone; a new model changes none of them', async () => {
    const { entries, stateCounts, totalCount } = await list(server);
    expect(totalCount).toBe(20);
    expect(stateCounts).toEqual({ missing: 0, suggested: 20, approved: 0, decorative: 0 });
    expect(entries.map(({ suggestions }) => suggestions[0]?.confidence)).toEqual(
      entries.map(({ suggestions }) => suggestions[0]?.confidence).toSorted((a = 0, b = 0) => a - b),
    );
    expect(entries[0]?.suggestions[0]).toMatchObject({ origin: 'GENERATED', model: { name: 'untrained' } });

    const approved = await change(server, 'approveAltTexts', { texts: entries.slice(0, 10).map(first) });
    expect(approved.refused).toEqual([]);
    expect(approved.changed.map(({ state, revision }) => [state, revision])).toEqual(Array(10).fill(['APPROVED', 1]));
    expect(approved.changed[0]?.altText).toEqual({
      text: first(entries[0]).text,
      state: 'APPROVED',
      decidedBy: { kind: 'LOCAL', name: null },
    });
    for (const entry of entries.slice(10, 15)) {
      const edited = await change(server, 'editAltText', {
        ...seen(entry),
        text: `Photo of ${entry.image.name} here.`,
      });
      expect(edited.changed[0]?.altText?.text).toBe(`Photo of ${entry.image.name} here.`);
      expect(edited.warnings.map(({ finding }) => finding.rule)).toEqual(['REDUNDANT_START']);
    }
    const decorative = await change(server, 'markDecorative', { images: entries.slice(15, 18).map(seen) });
    expect(decorative.changed.map(({ altText }) => altText?.text)).toEqual(['', '', '']);
    const rejected = await change(server, 'rejectAltTexts', { texts: [first(entries[18])] });
    expect(rejected.changed[0]).toMatchObject({ state: 'MISSING', altText: null, suggestions: [] });

    const undone = await change(server, 'undoAltText', {
      actionId: approved.actionId,
      imageIds: entries.slice(0, 2).map(({ image }) => image.id),
    });
    expect(undone.changed.map(({ state, revision }) => [state, revision])).toEqual([
      ['SUGGESTED', 2],
      ['SUGGESTED', 2],
    ]);
    expect((await list(server)).stateCounts).toEqual({ missing: 1, suggested: 3, approved: 13, decorative: 3 });

    const before = new Map((await list(server)).entries.map(({ image, altText }) => [image.name, altText]));
    const other = await addUntrainedModel(server.application, 2);
    const { captionCollection } = await ask(
      server,
      z.object({ captionCollection: z.object({ id: z.string() }) }),
      'mutation { captionCollection(input: {}) { id } }',
    );
    await server.application.work({ concurrency: 1 });
    await expect
      .poll(async () => (await server.application.jobs.find(captionCollection.id as never)).state)
      .toBe('SUCCEEDED');
    const after = await list(server);
    for (const { image, altText, state, suggestions } of after.entries) {
      expect(suggestions.map(({ model }) => model?.name)).toContain('untrained');
      if (state === 'APPROVED' || state === 'DECORATIVE')
        expect([image.name, altText]).toEqual([image.name, before.get(image.name)]);
    }
    expect(after.stateCounts).toMatchObject({ approved: 13, decorative: 3 });
    const written = await server.application.store.captions.generatedOf(
      after.entries.map(({ image }) => image.id as ImageId),
      other.id,
    );
    expect(written.size).toBe(20);
    const offered = await list(server, { filter: { hasNewSuggestion: true } });
    expect(offered.totalCount).toBeGreaterThan(0);
    expect(new Set(offered.entries.map(({ state }) => state))).toEqual(new Set(['APPROVED']));
  });

  test('come a page at a time, each once, in every order; filters choose', async () => {
    for (const order of ['LEAST_SURE', 'MOST_VIEWED', 'NEWEST']) {
      const whole = (await list(server, { orderBy: order, first: 100 })).entries.map(({ image }) => image.name);
      const pages: string[] = [];
      for (let after: string | null = null; ;) {
        const page = await list(server, { orderBy: order, first: 7, after });
        pages.push(...page.entries.map(({ image }) => image.name));
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
      expect([order, pages]).toEqual([order, whole]);
      const fromBack: string[] = [];
      for (let before: string | null = null; ;) {
        const page = await list(server, { orderBy: order, last: 7, before });
        fromBack.unshift(...page.entries.map(({ image }) => image.name));
        if (!page.pageInfo.hasPreviousPage) break;
        before = page.pageInfo.startCursor;
      }
      expect([order, fromBack]).toEqual([order, whole]);
      expect(new Set(whole).size).toBe(20);
    }
    const open = await list(server, { filter: { states: ['SUGGESTED', 'MISSING'] }, first: 2 });
    expect(new Set(open.entries.map(({ state }) => state))).not.toContain('APPROVED');
    expect(open.totalCount).toBe(open.stateCounts.suggested + open.stateCounts.missing);
    expect((await list(server, { filter: { images: { dataset: null }, imageIds: [] } })).totalCount).toBe(0);
    expect((await list(server, { filter: { language: 'de' } })).stateCounts).toMatchObject({
      approved: 0,
      decorative: 3,
    });
    for (const variables of [{ first: 0 }, { after: 'nonsense' }, { filter: { language: 'no language' } }])
      expect((await refusal(server, LIST, variables)).code).toBe('BAD_USER_INPUT');
  });
});

describe('a photo', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(() => server.close());

  async function add(name: string, captions: readonly string[] = []): Promise<Entry> {
    const id = await addCaptioned(server.application.store, name, captions);
    return look(id);
  }

  async function look(id: string): Promise<Entry> {
    const [entry] = (await list(server, { filter: { imageIds: [id] } })).entries;
    if (!entry) throw new Error('there is no such photo');
    return entry;
  }

  test('keeps its approved text, whatever is suggested later', async () => {
    const entry = await add('kept.jpg', ['a dog']);
    await change(server, 'approveAltTexts', { texts: [first(entry)] });
    const { store } = server.application;
    const id = entry.image.id as ImageId;
    await store.peopleCaptions.add(id, 'another dog', 'people/written');
    const model = await addModel(store, 'another');
    await store.captions.putGenerated({ imageId: id, modelId: model.id, ...written('a brown dog', -0.1) });
    expect(await look(id)).toMatchObject({ state: 'APPROVED', altText: { text: 'a dog' } });
    expect((await look(id)).suggestions.map(({ text }) => text)).toEqual(['another dog', 'a dog', 'A brown dog.']);
    await store.models.delete(model.id);
  });

  test('whose text has changed meanwhile is refused, and others with it are not', async () => {
    const [mine, other, gone] = [
      await add('mine.jpg', ['a cat']),
      await add('other.jpg', ['a bird']),
      await add('gone.jpg', ['a fish']),
    ];
    await change(server, 'editAltText', { ...seen(mine), text: 'Our cat Minka.' });
    await server.application.store.images.delete(gone.image.id as ImageId);
    const { changed, refused } = await change(server, 'approveAltTexts', { texts: [mine, other, gone].map(first) });
    expect(changed.map(({ image }) => image.name)).toEqual(['other.jpg']);
    expect(refused.map(({ imageId, code }) => [imageId, code])).toEqual([
      [mine.image.id, 'CONFLICT'],
      [gone.image.id, 'NOT_FOUND'],
    ]);
    expect((await look(mine.image.id)).altText?.text).toBe('Our cat Minka.');

    // A model has written something else in place of what the person has seen.
    const rewritten = await add('rewritten.jpg');
    const id = rewritten.image.id as ImageId;
    const model = await addModel(server.application.store, 'rewriting');
    const put = (text: string) =>
      server.application.store.captions.putGenerated({ imageId: id, modelId: model.id, ...written(text) });
    await put('a red house');
    const asSeen = first(await look(id));
    await put('a green house');
    expect((await change(server, 'approveAltTexts', { texts: [asSeen] })).refused).toMatchObject([
      { code: 'CONFLICT' },
    ]);
    const edit = 'mutation ($input: EditAltTextInput!) { editAltText(input: $input) { actionId } }';
    const late = { imageId: mine.image.id, revision: 0, text: 'late' };
    expect((await refusal(server, edit, { input: late })).code).toBe('CONFLICT');
    expect((await refusal(server, edit, { input: { ...late, revision: 1, text: '…' } })).code).toBe('BAD_USER_INPUT');
    expect((await refusal(server, edit, { input: { ...late, imageId: 'nothing' } })).code).toBe('NOT_FOUND');
  });

  test('that two people approve at once is approved once', async () => {
    const text = first(await add('race.jpg', ['a race']));
    const both = await Promise.all([1, 2, 3, 4].map(() => change(server, 'approveAltTexts', { texts: [text] })));
    expect(both.flatMap(({ changed }) => changed)).toHaveLength(1);
    expect(both.flatMap(({ refused }) => refused.map(({ code }) => code))).toEqual([
      'CONFLICT',
      'CONFLICT',
      'CONFLICT',
    ]);
  });

  test('is undone to what it was, in the order in which it was decided', async () => {
    const entry = await add('undone.jpg', ['a boat']);
    const { id } = entry.image;
    const edited = await change(server, 'editAltText', { ...seen(entry), text: 'A boat.' });
    const marked = await change(server, 'markDecorative', { images: [seen(await look(id))] });
    const again = await change(server, 'editAltText', { ...seen(await look(id)), text: 'Our boat.' });
    expect(await look(id)).toMatchObject({ state: 'APPROVED', altText: { text: 'Our boat.' } });
    const undo = (actionId: string | null) => change(server, 'undoAltText', { actionId });
    expect((await undo(edited.actionId)).refused).toMatchObject([{ imageId: id, code: 'CONFLICT' }]);
    expect((await undo(again.actionId)).changed).toMatchObject([{ state: 'DECORATIVE' }]);
    expect((await undo(again.actionId)).refused).toMatchObject([{ code: 'CONFLICT' }]);
    expect((await undo(marked.actionId)).changed).toMatchObject([{ state: 'APPROVED', altText: { text: 'A boat.' } }]);
    expect((await undo(edited.actionId)).changed).toMatchObject([{ state: 'SUGGESTED', altText: { text: 'a boat' } }]);
    const rejected = await change(server, 'rejectAltTexts', { texts: [first(await look(id))] });
    expect((await look(id)).suggestions).toEqual([]);
    expect((await undo(rejected.actionId)).changed).toMatchObject([
      { state: 'SUGGESTED', altText: { text: 'a boat' } },
    ]);
    // What was rejected once stays rejected when a second rejection of the same words is undone.
    const reject = async () => change(server, 'rejectAltTexts', { texts: [first(await look(id))] });
    await reject();
    await change(server, 'editAltText', { ...seen(await look(id)), text: 'a boat' });
    const second = await change(server, 'rejectAltTexts', { texts: [{ ...seen(await look(id)), text: 'a boat' }] });
    await undo(second.actionId);
    await change(server, 'markDecorative', { images: [seen(await look(id))] });
    expect((await look(id)).suggestions).toEqual([]);
    const unknown = 'mutation { undoAltText(input: { actionId: "nothing" }) { actionId } }';
    expect((await refusal(server, unknown)).code).toBe('NOT_FOUND');
  });

  test('has a history that says who, when, what and from which model', async () => {
    const { secret } = await server.application.keys.create({ scopes: ['write'], name: 'the editors' });
    const entry = newImage('history.jpg');
    const [added] = await server.application.store.images.add([entry]);
    const model = await addModel(server.application.store, 'the writer');
    const id = added?.id ?? ('' as ImageId);
    await server.application.store.captions.putGenerated({ imageId: id, modelId: model.id, ...written('a tree') });
    const approve = `mutation { approveAltTexts(input: { texts: [{ imageId: "${id}", revision: 0, text: "A tree." }] })
      { changed { revision history { kind text language origin modelName decidedBy { kind name } decidedAt model { name } } } } }`;
    const { data } = await askWith(server, secret, approve);
    expect(data?.['approveAltTexts']).toMatchObject({
      changed: [
        {
          revision: 1,
          history: [
            {
              kind: 'APPROVED',
              text: 'A tree.',
              language: 'en',
              origin: 'GENERATED',
              modelName: 'the writer',
              model: { name: 'the writer' },
              decidedBy: { kind: 'KEY', name: 'the editors' },
            },
          ],
        },
      ],
    });
    // From now on the server asks for keys.
    const read = `{ altTexts(filter: { imageIds: ["${id}"] }) { edges { node { state } } } }`;
    expect((await askWith(server, undefined, read)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await askWith(server, secret, read)).data?.['altTexts']).toEqual({
      edges: [{ node: { state: 'APPROVED' } }],
    });
  });
});

describe('sites', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer();
  });
  afterAll(() => server.close());

  test('are given what is approved, are told the state, and write nothing by asking', async () => {
    const { store } = server.application;
    const id = await addCaptioned(store, 'site.jpg', []);
    const [entry] = (await list(server, { filter: { imageIds: [id] } })).entries;
    const sha256 = entry?.image.sha256;
    const missing = await alt(server, sha256);
    expect([missing.status, missing.headers.get('alt-text-state')]).toEqual([404, 'missing']);
    expect(JSON.parse(missing.body)).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    expect(await ask(server, z.unknown(), `{ altText(imageId: "${id}") { text } }`)).toEqual({ altText: null });
    expect((await store.captions.generatedOf([id])).size).toBe(0);

    await store.peopleCaptions.add(id, 'a shop', 'people/written');
    const suggested = await alt(server, sha256);
    expect(JSON.parse(suggested.body)).toEqual({
      alt: 'a shop',
      state: 'suggested',
      confidence: 1,
      origin: 'reference',
      language: 'en',
    });
    const { actionId } = await change(server, 'editAltText', { imageId: id, revision: 0, text: 'Our shop in Ulm.' });
    const approved = await alt(server, sha256);
    expect(JSON.parse(approved.body)).toMatchObject({ alt: 'Our shop in Ulm.', state: 'approved', language: 'en' });
    expect(approved.headers.get('content-language')).toBe('en');
    expect(approved.headers.get('etag')).not.toBe(suggested.headers.get('etag'));
    const again = await requestWith(new URL(`/alt/${sha256 ?? ''}`, server.url).href, {
      'If-None-Match': approved.headers.get('etag') ?? '',
    });
    expect(again.status).toBe(304);

    await change(server, 'editAltText', { imageId: id, revision: 0, text: 'Unser Laden in Ulm.', language: 'de' });
    const german = await fetch(new URL(`/alt/${sha256 ?? ''}?language=de-AT`, server.url));
    expect(await german.json()).toMatchObject({ alt: 'Unser Laden in Ulm.', language: 'de' });
    expect((await fetch(new URL(`/alt/${sha256 ?? ''}?language=!`, server.url))).status).toBe(400);
    // The queue goes by the same rule.
    const austrian = { imageIds: [id], language: 'de-AT' };
    expect((await list(server, { filter: austrian })).stateCounts).toMatchObject({ approved: 1, missing: 0 });
    expect((await list(server, { filter: { ...austrian, states: ['MISSING', 'SUGGESTED'] } })).entries).toEqual([]);

    const now = await list(server, { filter: { imageIds: [id] } });
    await change(server, 'markDecorative', { images: [seen(now.entries[0])] });
    const empty = await alt(server, sha256, 'text/plain');
    expect([empty.status, empty.body, empty.headers.get('alt-text-state')]).toEqual([200, '', 'decorative']);
    expect(JSON.parse((await alt(server, sha256)).body)).toMatchObject({ alt: '', state: 'decorative', origin: null });
    expect(actionId).not.toBeNull();
  });

  test('are counted: what they ask for most comes first', async () => {
    const ids = [];
    for (const name of ['seldom.jpg', 'often.jpg', 'never.jpg'])
      ids.push(await addCaptioned(server.application.store, name, [name]));
    const { entries } = await list(server, { filter: { imageIds: ids } });
    const sha256 = (name: string) => entries.find(({ image }) => image.name === name)?.image.sha256;
    await alt(server, sha256('seldom.jpg'));
    for (let time = 0; time < 3; time += 1) await alt(server, sha256('often.jpg'));
    await server.application.altTextViews.flush();
    await alt(server, sha256('seldom.jpg'));
    await server.application.altTextViews.flush();
    const viewed = await list(server, { filter: { imageIds: ids }, orderBy: 'MOST_VIEWED' });
    expect(viewed.entries.map(({ image }) => image.name)).toEqual(['often.jpg', 'seldom.jpg', 'never.jpg']);
    expect(await server.application.store.altTextQueue.viewsOf(ids)).toEqual(
      new Map([
        [ids[0], 2],
        [ids[1], 3],
      ]),
    );
  });
});

test('files are known by their bytes, also with the caption written into them', async () => {
  const server = await openTestServer();
  try {
    const { store } = server.application;
    const id = await addCaptioned(store, 'known.jpg', ['a known thing']);
    const written = 'b'.repeat(64);
    await store.fileMetadata.noteWritten(id, '/somewhere/known.jpg', written as never, true);
    const [image] = await store.images.findMany([id]);
    const query = 'query ($of: [String!]!) { altTextsOfFiles(sha256s: $of) { state altText { text } } }';
    const known = { state: 'SUGGESTED', altText: { text: 'a known thing' } };
    expect(await ask(server, z.unknown(), query, { of: [written, 'a'.repeat(64), image?.sha256] })).toEqual({
      altTextsOfFiles: [known, null, known],
    });
    expect((await refusal(server, query, { of: ['nonsense'] })).code).toBe('BAD_USER_INPUT');
    const plain = await fetch(new URL(`/v1/alt/${written}`, server.url));
    expect(await plain.json()).toMatchObject({ alt: 'a known thing', sha256: image?.sha256 });
  } finally {
    await server.close();
  }
});
