/** On TEST_DATABASE_URL's server the collection goes from the embedded database to Postgres and back. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { passedOn, type TableSummary } from '../../src/store/collection-file.js';
import type { Database } from '../../src/store/database.js';
import { exportCollection } from '../../src/store/export-collection.js';
import { importCollection } from '../../src/store/import-collection.js';
import { applyMigrations, readMigrations } from '../../src/store/migrations.js';
import { createStore } from '../../src/store/store.js';
import { inOrderOfReferences } from '../../src/store/tables.js';
import { openEmptyEmbedded, openEmptyTestDatabase } from './open-test-store.js';
import { addCaptioned, addModel, direction, ENCODER, newImage, NO_DATASET, sha256Of } from './records.js';

/** More rows than one page holds. */
const IMAGES = 300;

let folder: string;
let source: Database;
let target: Database;
let file: string;
let exported: TableSummary[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-move-'));
  [source, target] = await Promise.all([openEmptyEmbedded(), openEmptyTestDatabase()]);
  await fill(source);
  file = join(folder, 'collection.jsonl');
  exported = await exportCollection(source, file);
});
afterAll(async () => {
  await Promise.all([source.close(), target.close()]);
  await rm(folder, { recursive: true });
});

async function fill(database: Database): Promise<void> {
  const store = await createStore(database);
  const bytes = Uint8Array.from({ length: 1_100_000 }, (_, index) => (index * 31) % 256);
  await store.images.add([{ ...newImage('every byte'), bytes, sha256: sha256Of(bytes) }]);
  await store.images.add(Array.from({ length: IMAGES }, (_, index) => newImage(`${index}.png`)));
  const captioned = await addCaptioned(store, 'a "quoted"\\name.png', ['Ein Hund läuft – \t\n 🐕', '', 'NULL'], 'dev');
  await store.features.put([{ imageId: captioned, encoder: ENCODER, vector: direction(3, 0.1) }]);
  const model = await addModel(store, 'moved');
  const words = [{ word: 'a', probability: 1 / 3, attention: new Float32Array(49).fill(1 / 49) }];
  await store.captions.putGenerated({
    imageId: captioned,
    modelId: model.id,
    text: 'a dog',
    words,
    logProbability: -1 / 3,
  });
  await store.models.makeCurrent(model.id);
}

function rowsOf(tables: readonly TableSummary[]): Record<string, number> {
  return Object.fromEntries(tables.map(({ table, rows }) => [table, rows]));
}

async function isEmpty(database: Database): Promise<boolean> {
  return (await database.executeSql('SELECT 1 FROM "Image" LIMIT 1', [])).rows.length === 0;
}

const lines = async () => (await readFile(file, 'utf8')).trimEnd().split('\n');

/** Writes another file into the folder. */
async function variant(text: string): Promise<string> {
  const path = join(folder, 'variant.jsonl');
  await writeFile(path, text);
  return path;
}

test('the file has every row of every table', () => {
  expect(rowsOf(exported)).toMatchObject({
    Image: IMAGES + 2,
    ReferenceCaption: 3,
    GeneratedCaption: 1,
    ImageFeature: 1,
    Model: 1,
    TrainingJob: 0,
  });
});

test('what is damaged, cut short, of another schema or no such file is refused, and the database stays empty', async () => {
  const all = await lines();
  const row = all.findIndex((line) => line.includes('image/png'));
  const cases: [string, string, RegExp][] = [
    ['nothing of the kind', 'BAD_USER_INPUT', /no collection/],
    [all.slice(0, -1).join('\n'), 'BAD_USER_INPUT', /cut short/],
    [all.toSpliced(-2, 1).join('\n'), 'BAD_USER_INPUT', /checksums/],
    [all.with(row + 5, '[[').join('\n'), 'BAD_USER_INPUT', new RegExp(`line ${row + 6} `)],
    [all.with(row, (all[row] ?? '').replace('image/png', 'image/gif')).join('\n'), 'BAD_USER_INPUT', /checksums/],
    [
      all.with(0, (all[0] ?? '').replace('_initial', '_other').replace(/"checksum":"./, '"checksum":"-')).join('\n'),
      'CONFLICT',
      /_other|another version/,
    ],
  ];
  for (const [text, code, message] of cases) {
    await expect(importCollection(target, await variant(text))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  }
  await applyMigrations(target, await readMigrations());
  expect(await isEmpty(target)).toBe(true);
});

test('a move that is interrupted leaves no file and no row', async () => {
  const controller = new AbortController();
  const options = {
    signal: controller.signal,
    onProgress: () => {
      controller.abort();
    },
  };
  const before = await readdir(folder);
  await expect(exportCollection(source, join(folder, 'unfinished.jsonl'), options)).rejects.toThrow('aborted');
  expect(await readdir(folder)).toEqual(before);
  await expect(importCollection(target, file, options)).rejects.toThrow('aborted');
  expect(await isEmpty(target)).toBe(true);
});

test('what comes from elsewhere is passed on as it is, however it is cut; cut short or damaged it ends with an error', async () => {
  const whole = await readFile(file, 'utf8');
  const pass = async (content: string, length: number) => {
    const pieces: string[] = [];
    let summaries: TableSummary[] | undefined;
    const chunks = Readable.from(content.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? []) as AsyncIterable<string>;
    for await (const piece of passedOn('The export', chunks, (tables) => (summaries = tables))) pieces.push(piece);
    return { text: pieces.join(''), summaries };
  };
  for (const length of [1000, 1_000_000])
    expect(await pass(whole, length)).toEqual({ text: whole, summaries: exported });
  const refused = (message: string) => ({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining(message) as string,
  });
  await expect(pass(whole.slice(0, -200), 1000)).rejects.toMatchObject(refused('line'));
  await expect(pass(whole.slice(0, whole.lastIndexOf('\n{')), 1000)).rejects.toMatchObject(refused('cut short'));
  await expect(pass(whole.replace('image/png', 'image/gif'), 1000)).rejects.toMatchObject(refused('checksums'));
  await expect(pass('', 1000)).rejects.toMatchObject(refused('The export is no collection'));
});

test('an empty database gets everything, and gives the very same file back', async () => {
  expect(await importCollection(target, file)).toEqual(exported);
  const { rows } = await target.executeSql(
    `SELECT indexdef FROM pg_indexes WHERE tablename = 'ImageFeature' AND indexdef LIKE '%hnsw%'`,
    [],
  );
  expect(rows).toEqual([{ indexdef: expect.stringContaining(ENCODER) as string }]);
  const again = join(folder, 'again.jsonl');
  expect(await exportCollection(target, again)).toEqual(exported);
  expect(await readFile(again, 'utf8')).toBe(await readFile(file, 'utf8'));
  const back = await openEmptyEmbedded();
  try {
    expect(await importCollection(back, again)).toEqual(exported);
  } finally {
    await back.close();
  }
});

test('a collection that was moved works: its captions are found, its current model is known', async () => {
  const store = await createStore({ ...target, close: () => Promise.resolve() });
  expect(await store.models.current()).toMatchObject({ name: 'moved' });
  const { rows } = await target.executeSql(
    `SELECT 1 FROM "ReferenceCaption" WHERE "search" @@ to_tsquery('english', 'hund')`,
    [],
  );
  expect(rows).toHaveLength(1);
});

test('a database that is not empty is refused and stays as it was', async () => {
  await expect(importCollection(target, file)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('not empty') as string,
  });
  expect(rowsOf(await exportCollection(target, join(folder, 'unchanged.jsonl')))).toEqual(rowsOf(exported));
});

describe('a file that an earlier version wrote', () => {
  /** Written on 2026-11-26 by `db export` of that day: two photos with three captions, in tables of nine migrations. */
  const old = fileURLToPath(new URL('inputs/collection-of-2026-11-26.jsonl', import.meta.url));

  test('is brought up to date: its photos, captions and features are there as ours are, also in searches', async () => {
    const database = await openEmptyTestDatabase();
    try {
      expect(rowsOf(await importCollection(database, old))).toMatchObject({ Image: 2, ReferenceCaption: 3, Model: 2 });
      const store = await createStore({ ...database, close: () => Promise.resolve() });
      const [dataset] = await store.datasets.list();
      const id = dataset?.id ?? NO_DATASET;
      expect(await store.datasets.figures([id])).toEqual(
        new Map([[id, { images: 2, captions: 3, splits: { train: 1, dev: 1, test: 0 } }]]),
      );
      const hits = await store.captionSearch.search({ text: 'strassenhund', limit: 5 });
      expect(hits).toHaveLength(1);
    } finally {
      await database.close();
    }
  });

  test('is not imported into tables of a later version, and one of a newer version not at all', async () => {
    const [header = '', ...rest] = (await readFile(old, 'utf8')).split('\n');
    const newer = header.replace(/\}\],"rows"/, '},{"name":"20991231000000_later","checksum":"0"}],"rows"');
    await expect(importCollection(target, await variant([newer, ...rest].join('\n')))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(/a newer version .*_later.* Update this program/) as string,
    });
    await expect(importCollection(target, old)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('a later version than the file') as string,
    });
  });
});

test('a table comes after those it refers to; a circle of them is an error', () => {
  const table = (name: string, ...references: string[]) => ({ name, columns: [], primaryKey: [], references });
  const ordered = inOrderOfReferences([table('a', 'c'), table('b', 'a', 'c'), table('c')]);
  expect(ordered.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  expect(() => inOrderOfReferences([table('a', 'b'), table('b', 'a')])).toThrow('circle');
});
