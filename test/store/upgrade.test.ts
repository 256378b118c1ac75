/** A database of the first release, with data in it, is brought to today's schema. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EncoderId, EvaluationId, ImageId, ModelId } from '../../src/ids.js';
import type { Database } from '../../src/store/database.js';
import { applyMigrations, readMigrations } from '../../src/store/migrations.js';
import { createStore } from '../../src/store/store.js';
import { describeTables, quoted } from '../../src/store/tables.js';
import { NO_DATASET } from './records.js';
import { openEmptyTestDatabase } from './open-test-store.js';

let database: Database;
beforeAll(async () => {
  database = await openEmptyTestDatabase();
});
afterAll(() => database.close());

const ID = '01980000-0000-7000-8000-000000000001';

/** One row in each table of the first migration, every column filled. */
const FIRST_DATA = `
  INSERT INTO "Image" VALUES ('${ID}', '${'a'.repeat(64)}', 'image/png', 4, 3, 4, '\\x00ff0a41', 'dog.png', 'pets', 'train', '2026-01-02 03:04:05.678Z');
  INSERT INTO "ReferenceCaption" ("id", "imageId", "text", "position", "source") VALUES ('${ID}', '${ID}', 'A dog – it runs.', 0, 'pets');
  INSERT INTO "TrainingJob" VALUES ('${ID}', 'SUCCEEDED', '{"epochs": 1, "dataset": "pets"}', 7, 'onnx', 'cpu', 1, '{"images": 1}', '{"step": 9}', 'X', 'x', now(), now(), now(), now());
  INSERT INTO "TrainingEpoch" VALUES ('${ID}', 1, 3.5, 0.001, 2, 1, 30, 0, 0.6, 0.4, 0.3, 0.2, 0.5, true, 'epoch-1.safetensors', '[{"image": "dog.png"}]');
  INSERT INTO "Model" VALUES ('${ID}', 'first', 'vgg16', '{other}', '{"hiddenSize": 8}', 'model.safetensors', '${'b'.repeat(64)}', '{"cider": 0.5}', false, true, '${ID}');
  INSERT INTO "GeneratedCaption" ("id", "imageId", "modelId", "text", "words", "logProbability", "attention")
    VALUES ('${ID}', '${ID}', '${ID}', 'a dog runs', '[{"word": "a", "probability": 0.9}]', -1.25, '\\x3c00');
  INSERT INTO "ImageFeature" SELECT '${ID}', 'vgg16', array_agg(0.1 * i)::vector(512) FROM generate_series(1, 512) AS i;
  INSERT INTO "Evaluation" VALUES ('${ID}', '${ID}', 'dev', 1, '{0.6,0.4,0.3,0.2}', 1, 0.5, 0.4, 'case:lc');`;

/**
 * What later migrations leave out, or say otherwise: a path that meant something on one machine alone, names of data
 * sets, a column for each figure.
 */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  TrainingEpoch: ['checkpoint'],
  Image: ['dataset'],
  ReferenceCaption: ['source'],
  Evaluation: ['bleu', 'cider', 'rougeL'],
};

async function contents(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const { name } of await describeTables(database.executeSql)) {
    const row = ['to_jsonb(t)', ...(LEFT_OUT[name] ?? []).map((column) => `'${column}'`)].join(' - ');
    const { rows } = await database.executeSql(`SELECT ${row} AS row FROM ${quoted(name)} t`, []);
    found[name] = rows;
  }
  return found;
}

async function indexesOf(table: string): Promise<string[]> {
  const { rows } = await database.executeSql(
    "SELECT indexdef FROM pg_indexes WHERE tablename = $1 AND indexdef LIKE '%hnsw%'",
    [table],
  );
  return rows.map((row) => (row as { indexdef: string }).indexdef);
}

test('every row of a database of the first migration is there after all the others, value for value', async () => {
  const migrations = await readMigrations();
  await applyMigrations(database, migrations.slice(0, 1));
  await database.executeSql(FIRST_DATA);
  const before = await contents();
  for (const [table, rows] of Object.entries(before)) expect(rows, table).toHaveLength(1);
  expect(await applyMigrations(database, migrations)).toEqual(migrations.slice(1).map(({ name }) => name));
  const after = await contents();
  const [settings] = after['TrainingJob'] as [{ row: { settings: { dataset: string } } }];
  expect(after).toMatchObject({ ...before, TrainingJob: [{ row: { state: 'SUCCEEDED', seed: 7 } }] });
  const store = await createStore({ ...database, close: () => Promise.resolve() });
  expect(await store.images.find(ID as ImageId)).toMatchObject({ name: 'dog.png', split: 'train', uploaded: false });
  const [dataset, ...others] = await store.datasets.list();
  expect(others).toEqual([]);
  expect(dataset).toMatchObject({ name: 'pets', origin: 'name:pets', language: 'en' });
  const id = dataset?.id ?? NO_DATASET;
  expect(await store.datasets.figures([id])).toEqual(
    new Map([[id, { images: 1, captions: 1, splits: { train: 1, dev: 0, test: 0 } }]]),
  );
  expect(settings.row.settings).toEqual({ epochs: 1, dataset: id });
  for (const named of [undefined, id])
    expect((await store.captions.captioned(['train'], named).next()).value).toMatchObject({
      captions: ['A dog – it runs.'],
    });
  expect(await store.models.current()).toMatchObject({ name: 'first' });
  const evaluation = {
    figures: { bleu1: 0.6, bleu2: 0.4, bleu3: 0.3, bleu4: 0.2, cider: 0.5, rougeL: 0.4 },
    brevityPenalty: 1,
    details: null,
  };
  expect(await store.evaluations.latest({ modelId: ID as ModelId })).toMatchObject(evaluation);
  // Features of before are found as they were, by an index of their encoder.
  expect(await indexesOf('ImageFeature')).toEqual([
    expect.stringMatching(/hnsw \(\(\(vector\)::vector\(512\)\) vector_cosine_ops\) WHERE \(encoder = 'vgg16'::text\)/),
  ]);
  const [found] = await store.features.nearest('vgg16' as EncoderId, {
    vector: new Float32Array(512).fill(1),
    limit: 1,
  });
  // The cosine of 1, 2, ... 512 with ones.
  expect(found?.similarity).toBeCloseTo((513 * 512) / 2 / Math.sqrt(512 * ((512 * 513 * 1025) / 6)), 6);
});

test('figures and scores that had columns of their own are there by the keys of their metrics, to the last digit', async () => {
  const older = await openEmptyTestDatabase();
  try {
    const migrations = await readMigrations();
    await applyMigrations(
      older,
      migrations.filter(({ name }) => name < '20261202000000'),
    );
    const figures = {
      bleu1: 2 / 3,
      bleu2: 0.1 + 0.2,
      bleu3: 1e-7,
      bleu4: 0,
      cider: 10 / 7,
      rougeL: 5e-324,
      meteorStem: 1,
    };
    const { bleu1, bleu2, bleu3, bleu4, cider, rougeL, meteorStem } = figures;
    const bleu = [bleu1, bleu2, bleu3, bleu4];
    const details = { diversity: { novel: null }, intervals: { bleu1: { low: 0.1, high: 0.9 } } };
    const ceiling = { bleu, brevityPenalty: 1, cider, rougeL, meteorStem };
    const counts = [3, 2, 1, 0, 4, 3, 2, 1, 4, 5];
    const rows: readonly (readonly [string, unknown[]])[] = [
      [
        `INSERT INTO "Model" ("id", "name", "encoder", "settings", "checkpointSha256") VALUES ($1, 'm', 'e', '{}', $2)`,
        [ID, 'b'.repeat(64)],
      ],
      [
        `INSERT INTO "Image" ("id", "sha256", "mediaType", "width", "height", "byteSize", "bytes", "name") VALUES ($1, $2, 'image/png', 1, 1, 1, 'x', 'x')`,
        [ID, 'a'.repeat(64)],
      ],
      [
        `INSERT INTO "Evaluation" ("id", "modelId", "split", "images", "bleu", "brevityPenalty", "cider", "rougeL", "meteorStem", "details", "signature")
         VALUES ($1, $1, 'dev', 1, $2::text::float8[], 1, $3, $4, $5, $6::text::jsonb, 's')`,
        [ID, `{${bleu.join()}}`, cider, rougeL, meteorStem, JSON.stringify({ ...details, ceiling })],
      ],
      [
        `INSERT INTO "EvaluatedCaption" ("evaluationId", "imageId", "text", "bleuCounts", "cider", "rougeL", "meteorStem", "contentWords")
         VALUES ($1, $1, 'a dog', $2::text::int[], $3, $4, $5, 2)`,
        [ID, `{${counts.join()}}`, cider, rougeL, meteorStem],
      ],
    ];
    for (const [sql, values] of rows) await older.executeSql(sql, values);
    await applyMigrations(older, migrations);
    const { evaluations } = await createStore({ ...older, close: () => Promise.resolve() });
    const evaluation = await evaluations.latest({ modelId: ID as ModelId });
    expect(evaluation).toMatchObject({ figures, brevityPenalty: 1, details: { ...details, ceiling: figures } });
    expect(await evaluations.captionsOf(ID as EvaluationId)).toEqual([
      {
        imageId: ID,
        datasets: [],
        text: 'a dog',
        scores: { bleu: counts, cider: [cider], rougeL: [rougeL], meteorStem: [meteorStem] },
        contentWords: 2,
      },
    ]);
  } finally {
    await older.close();
  }
});
