/**
 * A metric, a kind of job and an operation of the API are added as the program's makers would: all that was there has
 * them.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openApplication } from '../../src/application.js';
import { importDataset } from '../../src/collection/import-dataset.js';
import { loadConfig } from '../../src/config.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { addUntrainedModel } from '../api/test-server.js';
import { prepareDataFolder } from '../store/open-test-store.js';
import { type ExtendedProgram, extendProgram } from './extended-program.js';

const PHOTOS = 4;

let directory: string;
let environment: Record<string, string>;
let program: ExtendedProgram;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-metric-'));
  environment = {
    EKPHRASIS_DATA: join(directory, 'data'),
    EKPHRASIS_CACHE: directory,
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
    PORT: '0',
  };
  await prepareDataFolder(join(directory, 'data'));
  program = await extendProgram(
    { file: 'mean-words.ts', name: 'meanWordsMetric', table: 'metrics/all.ts' },
    { file: 'count-words.ts', name: 'countWordsKind', table: 'jobs/kinds/all.ts' },
    { file: 'caption-words.ts', name: 'CaptionWordsResolver', table: 'api/schema.ts', folder: 'api/captions' },
  );
});
afterAll(async () => {
  await program.remove();
  await rm(directory, { recursive: true });
});

test('each is one file and one line of a table', () => {
  const added = ['api/captions/caption-words.ts', 'jobs/kinds/count-words.ts', 'metrics/mean-words.ts'];
  expect(program.changes).toEqual([...added, 'api/schema.ts', 'jobs/kinds/all.ts', 'metrics/all.ts'].sort());
});

test('the command line, the database, the queue and the API have it', async () => {
  // What was measured before it was added is in the database too.
  const before = await openApplication(loadConfig(environment), { log: pino({ level: 'silent' }) });
  await importDataset(openScenes({ seed: 1, train: 0, dev: PHOTOS }), await before.collection());
  const { id: earlier } = await addUntrainedModel(before);
  await before.evaluate({ split: 'dev', modelId: earlier });
  const { id: model } = await addUntrainedModel(before, 2);
  const { id: job } = await before.store.jobs.create({ kind: 'count-words', settings: { split: 'dev' } });
  await before.close();

  const options = { env: { ...process.env, ...environment } };
  const run = async (...args: readonly string[]) =>
    (await promisify(execFile)(process.execPath, [program.main, ...args], options)).stdout;
  const told = await run('evaluate', '--split', 'dev', '--model', model);
  const printed = /^Mean words +(\d+\.\d{3}) {2}95 %: \d+\.\d{3}-\d+\.\d{3}; people: \d+\.\d{3}$/m.exec(told)?.[1];

  const server = spawn(process.execPath, [program.main, 'serve'], options);
  const ended = once(server, 'exit');
  try {
    const [greeting] = (await once(createInterface(server.stdout), 'line')) as [string];
    const url = /http:\S+\/graphql/.exec(greeting)?.[0] ?? '';
    const query = `query ($model: ID, $earlier: ID) {
      own: bleuReport(modelId: $model, compareTo: $earlier) {
        metrics { key name value low high highest }
        ceiling { metrics { key } }
        captions(orderBy: { by: MEAN_WORDS }) { edges { node { text metrics { key value } } } }
        comparison { differences { metric } }
      }
      earlier: bleuReport(modelId: $earlier) { metrics { key } }
      __type(name: "Metric") { enumValues { name } }
    }`;
    const ask = async (text: string, variables: object = {}): Promise<unknown> => {
      const body = JSON.stringify({ query: text, variables });
      return (await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })).json();
    };
    const key = z.object({ key: z.string() });
    const { data } = z
      .object({
        data: z.object({
          own: z.object({
            metrics: z.array(
              z.object({
                key: z.string(),
                name: z.string(),
                value: z.number(),
                low: z.number(),
                high: z.number(),
                highest: z.number().nullable(),
              }),
            ),
            ceiling: z.object({ metrics: z.array(key) }),
            captions: z.object({
              edges: z
                .array(
                  z.object({
                    node: z.object({ text: z.string(), metrics: z.array(key.extend({ value: z.number() })) }),
                  }),
                )
                .length(PHOTOS),
            }),
            comparison: z.object({ differences: z.array(z.object({ metric: z.string() })) }),
          }),
          earlier: z.object({ metrics: z.array(key) }),
          __type: z.object({ enumValues: z.array(z.object({ name: z.string() })) }),
        }),
      })
      .parse(await ask(query, { model, earlier }));
    const {
      own,
      __type: { enumValues },
    } = data;
    const lengths = own.captions.edges.map(({ node: { text, metrics } }) => {
      const length = text.split(' ').filter((word) => word !== '').length;
      expect(metrics.at(-1)).toEqual({ key: 'meanWords', value: length });
      return length;
    });
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
    const value = lengths.reduce((sum, length) => sum + length, 0) / PHOTOS;
    expect(own.metrics.at(-1)).toMatchObject({ key: 'meanWords', name: 'Mean words', value, highest: null });
    expect(printed).toBe(value.toFixed(3));
    expect(own.ceiling.metrics.at(-1)).toEqual({ key: 'meanWords' });
    expect(enumValues.map(({ name }) => name)).toContain('MEAN_WORDS');
    // The model that was measured before does not have it, and is compared by the others.
    expect(data.earlier.metrics.map(({ key: name }) => name)).toEqual(
      own.metrics.slice(0, -1).map(({ key: name }) => name),
    );
    expect(own.comparison.differences).toHaveLength(own.metrics.length - 1);

    const captioned = z.object({ id: z.string(), referenceCaptions: z.array(z.object({ text: z.string() })) });
    const photos = z.object({
      data: z.object({ images: z.object({ edges: z.array(z.object({ node: captioned })) }) }),
    });
    const found = photos.parse(await ask('{ images(first: 1) { edges { node { id referenceCaptions { text } } } } }'));
    const { id, referenceCaptions } = captioned.parse(found.data.images.edges[0]?.node);
    const words = referenceCaptions.flatMap(({ text }) => text.toLowerCase().match(/[a-z]+/g) ?? []);
    expect(words.length).toBeGreaterThan(0);
    const count = (word: string) => words.filter((other) => other === word).length;
    const byCount = [...new Set(words)]
      .sort((a, b) => count(b) - count(a))
      .map((word) => ({ word, count: count(word) }));
    const captionWords = 'query ($id: ID!) { captionWords(imageId: $id) { word count } }';
    expect(await ask(captionWords, { id })).toMatchObject({ data: { captionWords: byCount } });
    const refusal = { message: 'There is no image nothing.', extensions: { code: 'NOT_FOUND' } };
    expect(await ask(captionWords, { id: 'nothing' })).toMatchObject({ errors: [refusal] });

    const jobs = z.object({
      data: z.object({
        jobs: z.object({
          edges: z.array(z.object({ node: z.object({ id: z.string(), kind: z.string(), state: z.string() }) })),
        }),
      }),
    });
    const state = async () =>
      jobs
        .parse(await ask('{ jobs(filter: { kind: COUNT_WORDS }) { edges { node { id kind state } } } }'))
        .data.jobs.edges.map(({ node }) => node);
    await expect.poll(state).toEqual([{ id: job, kind: 'COUNT_WORDS', state: 'SUCCEEDED' }]);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
  const listed = z.array(z.object({ id: z.string(), kind: z.string(), state: z.string(), done: z.number() }));
  expect(listed.parse(JSON.parse(await run('jobs', '--json')))).toEqual([
    { id: job, kind: 'count-words', state: 'SUCCEEDED', done: PHOTOS },
  ]);
  const after = await openApplication(loadConfig(environment), { log: pino({ level: 'silent' }) });
  const result = z.object({ photos: z.number(), words: z.number() }).parse((await after.store.jobs.find(job))?.result);
  await after.close();
  expect(result.photos).toBe(PHOTOS);
  expect(result.words).toBeGreaterThan(PHOTOS);
  expect(await run('worker', '--help')).toContain('count-words: Counts the words that people wrote of photos.');
});
