/** Captions from elsewhere, by GraphQL and by the command line's operation: measured, compared, deleted, and never used. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { evaluateCaptions } from '../../src/evaluation/report.js';
import type { ImageId, ModelId } from '../../src/ids.js';
import { addCaptioned, addModel } from '../store/records.js';
import { ask, refusal, refusalOf } from './client.js';
import { openTestServer, readResponse, type TestServer, uploadForm } from './test-server.js';

const NOUNS = ['dog', 'cat', 'man', 'girl', 'boat', 'horse', 'bird', 'child'];
const sentence = (index: number) => `A ${NOUNS[index % 8] ?? ''} near a ${NOUNS[(index * 3 + 1) % 8] ?? ''}'s t-shirt.`;
const IMAGES = 24;

let server: TestServer;
let ids: ImageId[];
beforeAll(async () => {
  server = await openTestServer();
  ids = [];
  for (let index = 0; index < IMAGES; index++)
    ids.push(
      await addCaptioned(
        server.application.store,
        `${1000 + index}.jpg`,
        [sentence(index), `${sentence(index)} again`],
        index < 20 ? 'dev' : 'test',
      ),
    );
});
afterAll(() => server.close());

const REPORT = `problems { kind count message } report { images signature model { id name task current }
  cocoMetrics { key value low high } metrics { key value low } }`;
const figure = z.object({ key: z.string(), value: z.number(), low: z.number().nullable() });
const schema = z.object({
  evaluateCaptions: z.object({
    problems: z.array(z.object({ kind: z.string(), count: z.number(), message: z.string() })),
    report: z.object({
      images: z.number(),
      signature: z.string(),
      model: z.object({ id: z.string(), name: z.string(), task: z.string(), current: z.boolean() }),
      cocoMetrics: z.array(figure),
      metrics: z.array(figure),
    }),
  }),
});
type Measured = z.infer<typeof schema>['evaluateCaptions'];

async function upload(content: string, name: string): Promise<Measured> {
  const query = `mutation ($upload: Upload!) { evaluateCaptions(input: { file: $upload }) { ${REPORT} } }`;
  const response = await server.post(uploadForm(query, [{ bytes: Buffer.from(content), name }]));
  expect(response.errors).toBeUndefined();
  return schema.parse(response.data).evaluateCaptions;
}

const LIST = `mutation ($captions: [PhotoCaptionInput!]) { evaluateCaptions(input: { captions: $captions, name: "listed" }) { ${REPORT} } }`;
const results = (captionOf: (index: number) => string) =>
  JSON.stringify(ids.slice(0, 20).map((_, index) => ({ image_id: 1000 + index, caption: captionOf(index) })));

test("COCO's results are measured by their ids, and stand among the models", async () => {
  const { report, problems } = await upload(results(sentence), 'good.json');
  expect(problems).toEqual([]);
  expect(report).toMatchObject({ images: 20, model: { name: 'good', task: 'PREDICTIONS', current: false } });
  expect(report.signature).toContain('captions:given');
  expect(report.cocoMetrics.map(({ key }) => key)).toEqual(['bleu1', 'bleu2', 'bleu3', 'bleu4', 'cider', 'rougeL']);
  expect(report.cocoMetrics[0]?.value).toBeCloseTo(1, 6);
  expect(report.cocoMetrics[4]?.low).toBeGreaterThan(1);
  const list = `query { models(filter: { task: PREDICTIONS }) { totalCount edges { node { name encoder architectures photosOnlyOfOthers } } } }`;
  expect(await ask(server, z.unknown(), list)).toEqual({
    models: {
      totalCount: 1,
      edges: [{ node: { name: 'good', encoder: 'none', architectures: [], photosOnlyOfOthers: 0 } }],
    },
  });
});

test('the same captions are the same entry, also from a table and by names', async () => {
  const first = await upload(results(sentence), 'good.json');
  const table = ['file_name;caption', ...ids.slice(0, 20).map((_, index) => `${1000 + index}.jpg;${sentence(index)}`)];
  expect((await upload(table.join('\r\n'), 'other.csv')).report.model).toEqual(first.report.model);
});

test('a list says what does not fit by kind, and keeps what does', async () => {
  const captions = [
    { photo: '1000.jpg', caption: 'a dog' },
    { photo: '1000', caption: 'a cat' },
    { photo: ids[1], caption: '' },
    { photo: 'nowhere.jpg', caption: 'a dog' },
    { photo: '1021.jpg', caption: 'a dog' },
  ];
  const { evaluateCaptions: measured } = await ask(server, schema, LIST, { captions });
  expect(measured.report).toMatchObject({ images: 2, model: { name: 'listed' } });
  expect(measured.problems.map(({ kind, count }) => [kind, count])).toEqual([
    ['two captions', 1],
    ['empty caption', 1],
    ['no photo', 1],
    ['of the test split', 1],
    ['no caption', 1],
  ]);
  expect(measured.problems[2]?.message).toContain('nowhere.jpg (caption 4)');
});

test('what cannot be measured is refused with what to do', async () => {
  expect(await refusal(server, LIST, { captions: [{ photo: 'nowhere.jpg', caption: 'a dog' }] })).toMatchObject({
    code: 'INVALID_DATASET',
    message: expect.stringContaining('nowhere.jpg') as string,
  });
  expect(await refusal(server, LIST, { captions: null })).toMatchObject({ code: 'BAD_USER_INPUT' });
  const query = `mutation ($upload: Upload!) { evaluateCaptions(input: { file: $upload }) { ${REPORT} } }`;
  const broken = await server.post(uploadForm(query, [{ bytes: Buffer.from('[{"image_id"'), name: 'broken.json' }]));
  expect(refusalOf(broken)).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('broken.json is no JSON') as string,
  });
});

test('they are compared with a model on the same photos, and neither caption nor come into use', async () => {
  const { store } = server.application;
  const model = await addModel(store, 'poor');
  const written = ids.slice(0, 20).map((id, index) => ({
    id,
    caption: sentence(index % 2 === 0 ? index : index + 3),
    references: [sentence(index)],
  }));
  const report = evaluateCaptions(written, { decoding: 'by hand', known: undefined });
  const captions = written.flatMap(({ id, caption }, index) => {
    const scored = report.captions[index];
    return scored ? [{ ...scored, imageId: id, text: caption }] : [];
  });
  await store.evaluations.add({ ...report, modelId: model.id, split: 'dev', captions });
  const good = (await upload(results(sentence), 'good.json')).report.model.id as ModelId;
  const compare = `query ($a: ID!, $b: ID!) { bleuReport(modelId: $a, compareTo: $b) { comparison { images differences { metric difference pValue } } } }`;
  const comparison = z.object({
    images: z.number(),
    differences: z.array(z.object({ metric: z.string(), difference: z.number(), pValue: z.number() })),
  });
  const { bleuReport } = await ask(server, z.object({ bleuReport: z.object({ comparison }) }), compare, {
    a: good,
    b: model.id,
  });
  const cider = bleuReport.comparison.differences.find(({ metric }) => metric === 'CIDER');
  expect(bleuReport.comparison.images).toBe(20);
  expect(cider?.difference).toBeGreaterThan(0);
  expect(cider?.pValue).toBeLessThan(0.05);

  const refusals = [
    await refusal(server, 'mutation ($id: ID!) { useModel(input: { modelId: $id }) { id } }', { id: good }),
    await refusal(server, 'mutation ($id: ID!) { evaluateModel(input: { modelId: $id }) { images } }', { id: good }),
    await refusal(server, 'query ($id: ID!) { bleuReport(modelId: $id) { samples { caption { text } } } }', {
      id: good,
    }),
  ];
  for (const { code, message } of refusals) {
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).toContain('a list of captions that were written elsewhere');
  }
  const download = await fetch(new URL(`/models/${good}`, server.url));
  expect([download.status, (await readResponse(download)).errors?.[0]?.extensions.code]).toEqual([
    400,
    'BAD_USER_INPUT',
  ]);

  const remove = 'mutation ($id: ID!) { deleteModel(input: { id: $id, confirm: true }) { trashId evaluations } }';
  const deleted = z.object({ deleteModel: z.object({ trashId: z.string(), evaluations: z.number() }) });
  const { deleteModel } = await ask(server, deleted, remove, { id: good });
  expect(await store.models.find(good)).toBeUndefined();
  const restore = 'mutation ($id: ID!) { restoreFromTrash(input: { id: $id }) { __typename } }';
  await ask(server, z.unknown(), restore, { id: deleteModel.trashId });
  expect((await store.models.find(good))?.task).toBe('PREDICTIONS');
  expect(
    await ask(server, z.unknown(), 'query ($id: ID!) { bleuReport(modelId: $id) { images } }', { id: good }),
  ).toEqual({
    bleuReport: { images: 20 },
  });
});

test('a model travels by HTTP, and is not used by itself', async () => {
  const shipped = await server.application.store.models.current();
  if (!shipped) throw new Error('no model came with the program');
  const response = await fetch(new URL(`/models/${shipped.id}`, server.url));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-disposition')).toContain('.safetensors');
  const bytes = new Uint8Array(await response.arrayBuffer());
  const query =
    'mutation ($upload: Upload!) { importModel(input: { file: $upload }) { wasThere fits model { id current } } }';
  const cut = await server.post(uploadForm(query, [{ bytes: bytes.subarray(0, 1000), name: 'cut.safetensors' }]));
  expect(refusalOf(cut).code).toBe('INVALID_CHECKPOINT');
  expect((await fetch(new URL('/models/unknown', server.url))).status).toBe(404);
});
