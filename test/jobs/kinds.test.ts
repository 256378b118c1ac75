/** What every kind of job in the table has. */
import { expect, test } from 'vitest';
import { JOB_KINDS, isKnown, jobKind } from '../../src/jobs/kinds/all.js';
import { importKind } from '../../src/jobs/kinds/import.js';
import { resultOf } from '../../src/jobs/kind.js';
import { QUEUE_NAMES, QUEUES } from '../../src/queues.js';
import { TRAINING_QUEUE } from '../../src/trainings/queue.js';
import { WEBHOOK_QUEUE } from '../../src/webhooks/queue.js';
import type { JobId } from '../../src/ids.js';
import type { JobRecord } from '../../src/store/jobs.js';

const LIBRARY = '01980000-0000-7000-8000-000000000002';
const MODEL = '01980000-0000-7000-8000-000000000001';

test('each kind has a name of its own, a sentence about it, and a queue with the tries of its policy', () => {
  expect(QUEUE_NAMES).toEqual([TRAINING_QUEUE, ...JOB_KINDS.map(({ kind }) => kind), WEBHOOK_QUEUE]);
  expect(new Set(QUEUE_NAMES).size).toBe(QUEUE_NAMES.length);
  for (const {
    kind,
    description,
    policy: { retries, retriesOfLost = retries, concurrency = 1 },
  } of JOB_KINDS) {
    expect(kind).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(QUEUES.get(kind)).toEqual({ retries, retriesOfLost, oncePerJob: false, deadLetters: true });
    expect(retriesOfLost).toBeGreaterThanOrEqual(retries);
    expect(concurrency).toBeGreaterThanOrEqual(1);
    expect(jobKind(kind).kind).toBe(kind);
  }
});

test.each([
  ['import', { path: 'scenes' }, {}, undefined, 'scenes'],
  ['scan-library', { library: LIBRARY }, { library: LIBRARY }, undefined, undefined],
  ['embed', { encoder: 'e', searchModelId: MODEL }, { models: [MODEL] }, undefined, undefined],
  ['reindex', { encoder: 'e' }, { models: [undefined] }, undefined, undefined],
  ['caption', { encoder: 'e', modelId: MODEL, onlyMissing: true }, { models: [MODEL] }, MODEL, undefined],
  ['evaluate', { modelId: MODEL, split: 'dev' }, { models: [MODEL], photos: { of: undefined } }, MODEL, undefined],
])(
  '%s jobs say what they need, which model they are about, and where they import from',
  (name, given, needs, model, source) => {
    const kind = jobKind(name);
    const settings = kind.settings.parse(given);
    expect(kind.needs(settings)).toEqual(needs);
    expect(kind.model?.(settings)).toBe(model);
    expect(kind.imports?.(settings)).toBe(source);
    expect(kind.settings.safeParse({}).success).toBe(false);
  },
);

test('work on photos is divided; the other kinds are one at a time', () => {
  expect(JOB_KINDS.filter((kind) => 'photos' in kind).map(({ kind }) => kind)).toEqual(['embed', 'caption', 'reindex']);
  for (const kind of JOB_KINDS) expect(kind.policy.concurrency).toBe('photos' in kind ? undefined : 1);
});

test('a kind that only a newer program has is known as such', () => {
  expect(isKnown({ kind: 'dream' })).toBe(false);
  expect(() => jobKind('dream')).toThrow(
    expect.objectContaining({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('dream') as string,
    }) as Error,
  );
});

test('a result is read by the kind that wrote it alone; those of earlier versions lack what came later', () => {
  const result = {
    dataset: 'pets',
    imported: 1,
    alreadyThere: 0,
    duplicates: 0,
    problemCount: 1,
    problems: [{ file: 'a.jpg', reason: 'It is empty.' }],
  };
  const job = (kind: string, of: unknown): JobRecord => ({
    id: MODEL as JobId,
    kind,
    state: 'SUCCEEDED',
    settings: {},
    total: 1,
    done: 1,
    failed: 0,
    result: of,
    requestId: null,
    errorCode: null,
    errorMessage: null,
    createdAt: new Date(),
    startedAt: null,
    finishedAt: null,
  });
  expect(resultOf(importKind, job('import', result))).toMatchObject({
    imported: 1,
    moved: 0,
    problems: [{ kind: 'It is empty.', message: 'a.jpg: It is empty.', count: 1 }],
  });
  expect(resultOf(importKind, job('evaluate', result))).toBeUndefined();
  expect(resultOf(importKind, job('import', null))).toBeUndefined();
});
