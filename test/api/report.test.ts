/** What a report says beside its figures: intervals, single captions, groups, people's ratings, another model. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { evaluateCaptions } from '../../src/evaluation/report.js';
import type { ImageId } from '../../src/ids.js';
import type { ModelRecord } from '../../src/store/models.js';
import { addCaptioned, addModel } from '../store/records.js';
import { ask, refusal } from './client.js';
import { openTestServer, type TestServer } from './test-server.js';

const NOUNS = ['dog', 'cat', 'man', 'girl', 'boat', 'horse', 'bird', 'child'];
const VERBS = ['runs', 'sleeps', 'jumps', 'sits', 'waits'];
const IMAGES = 60;
const sentence = (index: number) =>
  `a ${NOUNS[index % 8] ?? ''} ${VERBS[index % 5] ?? ''} near a ${NOUNS[(index * 3 + 1) % 8] ?? ''}`;

let server: TestServer;
let images: { id: ImageId; references: string[] }[];
let good: ModelRecord;
let poor: ModelRecord;
beforeAll(async () => {
  server = await openTestServer();
  const { store } = server.application;
  images = [];
  for (let index = 0; index < IMAGES; index++) {
    const references = [sentence(index), `${sentence(index)} today`];
    images.push({ id: await addCaptioned(store, `${index}.jpg`, references, 'dev'), references });
  }
  [good, poor] = await Promise.all([addModel(store, 'good'), addModel(store, 'poor')]);
  await keepEvaluation(good, (index) => sentence(index % 6 === 0 ? index + 3 : index));
  await keepEvaluation(poor, (index) => sentence(index % 2 === 0 ? index + 3 : index));
});
afterAll(() => server.close());

/** As evaluateModel does, with captions that are given. */
async function keepEvaluation(model: ModelRecord, captionOf: (index: number) => string): Promise<void> {
  const written = images.map((image, index) => ({ ...image, caption: captionOf(index) }));
  const report = evaluateCaptions(written, { decoding: 'by hand', known: new Set([sentence(1)]) });
  const captions = written.flatMap(({ id, caption }, index) => {
    const scored = report.captions[index];
    return scored ? [{ ...scored, imageId: id, text: caption }] : [];
  });
  await server.application.store.evaluations.add({ ...report, modelId: model.id, split: 'dev', captions });
}

async function report<Data>(
  fields: string,
  schema: z.ZodType<Data>,
  variables: object = { modelId: good.id },
): Promise<Data> {
  const query = `query ($modelId: ID, $compareTo: ID) { bleuReport(modelId: $modelId, compareTo: $compareTo) { ${fields} } }`;
  return (await ask(server, z.object({ bleuReport: schema }), query, variables)).bleuReport;
}

const interval = z.object({ low: z.number(), high: z.number() });

test('every figure has its 95 % interval, and people are measured beside it', async () => {
  const fields =
    'bleu cider meteorStem intervals { bleu { low high } cider { low high } meteorStem { low high } } ceiling { bleu cider }';
  const schema = z.object({
    bleu: z.array(z.number()),
    cider: z.number(),
    meteorStem: z.number(),
    intervals: z.object({ bleu: z.array(interval).length(4), cider: interval, meteorStem: interval }),
    ceiling: z.object({ bleu: z.array(z.number()), cider: z.number() }),
  });
  const { bleu, cider, meteorStem, intervals, ceiling } = await report(fields, schema);
  const pairs = [
    ...bleu.map((value, index) => [value, intervals.bleu[index]] as const),
    [cider, intervals.cider] as const,
    [meteorStem, intervals.meteorStem] as const,
  ];
  for (const [value, bounds] of pairs) {
    expect(bounds?.low).toBeLessThan(value);
    expect(bounds?.high).toBeGreaterThan(value);
  }
  expect(ceiling.bleu[0]).toBeGreaterThan(0.85);
});

test('all figures are in one list too, with their names, and so are those of people, of groups and of single captions', async () => {
  const figure = z.object({
    key: z.string(),
    name: z.string(),
    value: z.number(),
    highest: z.number().nullable(),
    low: z.number(),
    high: z.number(),
  });
  const plain = z.object({ metrics: z.array(z.object({ key: z.string(), value: z.number(), low: z.null() })) });
  const fields = `bleu cider rougeL meteorStem metrics { key name value highest low high } ceiling { metrics { key value low } }
    byLength { figures { metrics { key value low } } } captions(first: 1) { edges { node { bleu cider rougeL meteorStem metrics { key value low } } } }`;
  const scores = { cider: z.number(), rougeL: z.number(), meteorStem: z.number() };
  const caption = plain.extend({ bleu: z.number(), ...scores });
  const { bleu, metrics, ceiling, byLength, captions, ...others } = await report(
    fields,
    z.object({
      bleu: z.array(z.number()),
      ...scores,
      metrics: z.array(figure),
      ceiling: plain,
      byLength: z.array(z.object({ figures: plain })),
      captions: z.object({ edges: z.array(z.object({ node: caption })) }),
    }),
  );
  expect(metrics.map(({ name }) => name)).toEqual([
    'BLEU-1',
    'BLEU-2',
    'BLEU-3',
    'BLEU-4',
    'CIDEr-D',
    'ROUGE-L',
    'METEOR without synonyms',
  ]);
  const [bleu1, bleu2, bleu3, bleu4] = bleu;
  expect(Object.fromEntries(metrics.map(({ key, value }) => [key, value]))).toEqual({
    bleu1,
    bleu2,
    bleu3,
    bleu4,
    ...others,
  });
  expect(metrics.filter(({ highest }) => highest === 10).map(({ key }) => key)).toEqual(['cider']);
  for (const { value, low, high } of metrics)
    expect([low, value, high]).toEqual([low, value, high].sort((a, b) => a - b));
  for (const { metrics: own } of [ceiling, ...byLength.map(({ figures }) => figures)])
    expect(own.map(({ key }) => key)).toEqual(metrics.map(({ key }) => key));
  for (const {
    node: { metrics: own, bleu: smoothed, ...rest },
  } of captions.edges) {
    expect(Object.fromEntries(own.map(({ key, value }) => [key, value]))).toEqual({ bleu4: smoothed, ...rest });
  }
});

test('captions come best or worst first, page by page, each with its photo and what people wrote', async () => {
  const schema = z.object({
    captions: z.object({
      edges: z.array(
        z.object({
          node: z.object({
            text: z.string(),
            cider: z.number(),
            bleu: z.number(),
            image: z.object({ referenceCaptions: z.array(z.object({ text: z.string() })) }),
          }),
        }),
      ),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      totalCount: z.number(),
    }),
  });
  const list = (args: string) =>
    report(
      `captions(${args}) { edges { node { text cider bleu image { referenceCaptions { text } } } } pageInfo { hasNextPage endCursor } totalCount }`,
      schema,
    );
  const worst = await list('first: 10, orderBy: { worstFirst: true }');
  expect(worst.captions.totalCount).toBe(IMAGES);
  const scores = worst.captions.edges.map(({ node }) => node.cider);
  expect(scores).toEqual([...scores].sort((a, b) => a - b));
  for (const { node } of worst.captions.edges)
    expect(node.image.referenceCaptions.map(({ text }) => text)).not.toContain(node.text);

  const seen: string[] = [];
  let after = '';
  for (;;) {
    const { captions } = await list(`first: 25, orderBy: { by: BLEU }${after}`);
    seen.push(...captions.edges.map(({ node }) => node.text));
    if (!captions.pageInfo.hasNextPage) break;
    after = `, after: "${captions.pageInfo.endCursor ?? ''}"`;
  }
  expect(seen.sort()).toEqual(images.map((_, index) => sentence(index % 6 === 0 ? index + 3 : index)).sort());
  expect(
    (await refusal(server, `{ bleuReport(modelId: "${good.id}") { captions(after: "nonsense") { totalCount } } }`))
      .code,
  ).toBe('BAD_USER_INPUT');
});

test('groups by length and by how much there is to say hold every photo once', async () => {
  const group = z.object({
    from: z.number(),
    to: z.number().nullable(),
    images: z.number(),
    figures: z.object({ bleu: z.array(z.number()), cider: z.number() }),
  });
  const fields = ['byLength', 'byComplexity']
    .map((name) => `${name} { from to images figures { bleu cider } }`)
    .join(' ');
  const groups = await report(fields, z.object({ byLength: z.array(group), byComplexity: z.array(group) }));
  for (const own of [groups.byLength, groups.byComplexity]) {
    expect(own.reduce((sum, { images: count }) => sum + count, 0)).toBe(IMAGES);
  }
  // A dog runs near a cat: three words that two people say.
  expect(groups.byComplexity.map(({ from, to }) => [from, to])).toEqual([[2, 3]]);
});

test('how much captions differ is told', async () => {
  const schema = z.object({
    diversity: z.object({
      distinctCaptions: z.number(),
      vocabulary: z.number(),
      novel: z.number(),
      lengths: z.array(z.number()),
    }),
  });
  const { diversity } = await report('diversity { distinctCaptions vocabulary novel lengths }', schema);
  expect(diversity.lengths).toEqual([0, 0, 0, 0, 0, 0, IMAGES]);
  expect(diversity.vocabulary).toBe(NOUNS.length + VERBS.length + 2);
  expect(diversity.novel).toBeGreaterThan(0.9);
});

describe('beside another model', () => {
  const fields = `comparison { images other { model { name } cider } differences { metric difference better pValue interval { low high } }
    byDataset { dataset images differences { metric difference } } }`;
  const difference = z.object({ metric: z.string(), difference: z.number() });
  const schema = z.object({
    comparison: z.object({
      images: z.number(),
      other: z.object({ model: z.object({ name: z.string() }), cider: z.number() }),
      differences: z.array(difference.extend({ better: z.number(), pValue: z.number(), interval })),
      byDataset: z.array(
        z.object({ dataset: z.string().nullable(), images: z.number(), differences: z.array(difference) }),
      ),
    }),
  });

  test('the difference of every metric is told, with what chance could do', async () => {
    const { comparison } = await report(fields, schema, { modelId: good.id, compareTo: poor.id });
    expect(comparison).toMatchObject({
      images: IMAGES,
      other: { model: { name: 'poor' } },
      byDataset: [{ dataset: 'test', images: IMAGES }],
    });
    expect(comparison.differences.map(({ metric }) => metric)).toEqual([
      'BLEU_1',
      'BLEU_2',
      'BLEU_3',
      'BLEU_4',
      'CIDER',
      'ROUGE_L',
      'METEOR_STEM',
    ]);
    for (const {
      difference: value,
      better,
      pValue,
      interval: { low },
    } of comparison.differences) {
      expect(value).toBeGreaterThan(0);
      expect(low).toBeGreaterThan(0);
      expect(better).toBeGreaterThan(0.95);
      expect(pValue).toBeLessThan(0.05);
    }
    const { comparison: reverse } = await report(fields, schema, { modelId: poor.id, compareTo: good.id });
    reverse.differences.forEach(({ difference: value }, index) => {
      expect(value).toBeCloseTo(-(comparison.differences[index]?.difference ?? NaN), 12);
    });
  });

  test('there is none without compareTo, and none with a model that was not measured', async () => {
    expect(await report('comparison { images }', z.unknown())).toEqual({ comparison: null });
    const query = `{ bleuReport(modelId: "${good.id}", compareTo: "nothing") { cider } }`;
    expect((await refusal(server, query)).code).toBe('NOT_FOUND');
  });
});

test("the metrics' agreement with people is told once captions are rated", async () => {
  const { store } = server.application;
  const fields = 'agreement { captions metrics { metric spearman kendall } }';
  expect(await report(fields, z.unknown())).toEqual({ agreement: null });
  for (const [index, { id: imageId }] of images.slice(0, 20).entries()) {
    const right = index % 6 !== 0;
    await store.ratings.add({
      imageId,
      modelId: good.id,
      text: sentence(right ? index : index + 3),
      rating: right ? 5 : 1,
    });
  }
  // Of a sentence that was not measured.
  await store.ratings.add({
    imageId: images[0]?.id ?? ('' as ImageId),
    modelId: good.id,
    text: 'another sentence',
    rating: 3,
  });
  const metric = z.object({ metric: z.string(), spearman: z.number(), kendall: z.number() });
  const { agreement } = await report(
    fields,
    z.object({ agreement: z.object({ captions: z.number(), metrics: z.array(metric) }) }),
  );
  expect(agreement.captions).toBe(20);
  expect(agreement.metrics.map(({ metric: name }) => name)).toEqual(['BLEU_4', 'CIDER', 'ROUGE_L', 'METEOR_STEM']);
  for (const { spearman, kendall } of agreement.metrics) {
    expect(spearman).toBeGreaterThan(0.5);
    expect(kendall).toBeGreaterThan(0.5);
  }
});

test('an evaluation of an earlier version has its figures, and nothing of the rest', async () => {
  const { store } = server.application;
  const model = await addModel(store, 'earlier');
  const figures = { bleu1: 0.5, bleu2: 0.4, bleu3: 0.3, bleu4: 0.2, cider: 0.5, rougeL: 0.4 };
  await store.evaluations.add({
    modelId: model.id,
    split: 'dev',
    images: 3,
    brevityPenalty: 1,
    figures,
    signature: 's',
  });
  const fields =
    'cider meteorStem intervals { cider { low } } ceiling { cider } diversity { vocabulary } byLength { from } captions { totalCount } agreement { captions }';
  expect(await report(fields, z.unknown(), { modelId: model.id })).toEqual({
    cider: 0.5,
    meteorStem: null,
    intervals: null,
    ceiling: null,
    diversity: null,
    byLength: [],
    captions: { totalCount: 0 },
    agreement: null,
  });
});

test('photos that were deleted since are counted; what was measured on them stays', async () => {
  const measured = z.object({
    images: z.number(),
    deletedImages: z.number(),
    cider: z.number(),
    captions: z.object({ totalCount: z.number() }),
  });
  const fields = 'images deletedImages cider captions(first: 1) { totalCount }';
  const before = await report(fields, measured);
  expect(before).toMatchObject({ images: IMAGES, deletedImages: 0, captions: { totalCount: IMAGES } });
  const ids = images.slice(0, 2).map(({ id }) => id);
  const deletion =
    'mutation ($ids: [ID!]!) { deleteImages(input: { ids: $ids, confirm: true }) { images evaluations } }';
  expect((await server.query(deletion, { ids })).data).toEqual({ deleteImages: { images: 2, evaluations: 2 } });
  expect(await report(fields, measured)).toEqual({ ...before, deletedImages: 2, captions: { totalCount: IMAGES - 2 } });
});
