/** Checks that fail, one after another, as an operator meets them. */
import { tmpdir } from 'node:os';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { FreeSpace } from '../../src/files/free-space.js';
import { LazyInferenceClient } from '../../src/inference/lazy-client.js';
import { Readiness } from '../../src/monitoring/readiness.js';

const logged: string[] = [];
const log = pino(
  new Writable({
    write(line: Buffer, _encoding, done) {
      logged.push(line.toString());
      done();
    },
  }),
);
beforeEach(() => {
  logged.length = 0;
});

test('a disk that is nearly full', async () => {
  const space = new FreeSpace(tmpdir(), 2 ** 60);
  const run = () => space.within(0, () => Promise.resolve());
  const { ready, checks } = await new Readiness([{ name: 'disk', reason: 'No room.', run }], log).report();
  expect(ready).toBe(false);
  expect(checks).toEqual({ disk: { ok: false, code: 'STORAGE_FAILED', reason: 'No room.' } });
});

test('weights that cannot be had: the reason tells no more than its sentence, the log all; they are not fetched again for each look', async () => {
  let tries = 0;
  const config = {
    encoder: undefined,
    weights: { source: '/nowhere/vgg16.safetensors', url: 'http://127.0.0.1:1/model.safetensors' },
    precision: 'fp32',
    cacheDirectory: '/dev/null/cache',
    limits: { maximumPixels: 1 },
  } as const;
  const client = new LazyInferenceClient(config, {
    onNotice: () => {
      tries += 1;
    },
  });
  const check = { name: 'inference', reason: 'It is not open.', run: () => client.ready() };
  const first = await new Readiness([check], log).report();
  const triedAtFirst = tries;
  const second = await new Readiness([check], log).report();
  expect(triedAtFirst).toBeGreaterThan(0);
  expect(tries).toBe(triedAtFirst);
  for (const { checks } of [first, second]) {
    expect(checks['inference']).toMatchObject({ ok: false, reason: 'It is not open.' });
  }
  expect(logged.join('')).toContain('not ready: inference');
  await client.close();
});

test('what gives no answer fails after two seconds; every change is logged once', async () => {
  let answers = false;
  const check = {
    name: 'database',
    reason: 'It does not answer.',
    run: () => (answers ? Promise.resolve() : new Promise(() => undefined)),
  };
  const readiness = new Readiness([check], log);
  const together = await Promise.all([readiness.report(), readiness.report()]);
  expect(together[0]).toBe(together[1]);
  expect(together[0].checks['database']).toMatchObject({ ok: false, code: 'TIMEOUT' });
  answers = true;
  await expect.poll(async () => (await readiness.report()).ready).toBe(true);
  expect(logged.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    'not ready: database',
    'ready again',
  ]);
});
