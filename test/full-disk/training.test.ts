/** A training whose disk fills up. A small disk can only be mounted by root. */
import { cp, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { runCommandLine } from '../../src/cli/program.js';
import { writeFlickr } from '../cli/command-line.js';
import { prepareDataFolder, testUrl } from '../store/open-test-store.js';
import { Server } from './server.js';
import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.js';

const MEBIBYTE = 2 ** 20;
/** What stays free of the small disk. Half of it is for upkeep; it is more than what is removed on the way. */
const RESERVE = 24 * MEBIBYTE;
const EPOCHS = 12;
const PATIENCE = { timeout: 60_000, interval: 50 };
/** Longer than between two looks of the queue whether there is room. */
const LOOKS_MILLISECONDS = 3000;

const jobSchema = z.object({
  id: z.string(),
  state: z.string(),
  attempt: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  epochs: z.array(z.object({ epoch: z.number() })),
});
type Job = z.infer<typeof jobSchema>;
const FIELDS = '{ id state attempt error { code message } epochs { epoch } }';

describe.runIf(canMount() && testUrl() === undefined)('a training', () => {
  let prepared: string;
  let disk: SmallDisk;
  let dataDirectory: string;
  let server: Server;

  const environmentOf = (directory: string) => ({
    EKPHRASIS_DATA: directory,
    EKPHRASIS_CACHE: prepared,
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
    DISK_RESERVE_BYTES: String(RESERVE),
    LOG_LEVEL: 'fatal',
    PORT: '0',
  });

  beforeAll(async () => {
    prepared = await mkdtemp(join(tmpdir(), 'ekphrasis-full-'));
    await writeFlickr(join(prepared, 'flickr'), { train: 40, dev: 4 });
    await prepareDataFolder(join(prepared, 'data'));
    const [stdout, stderr] = [new PassThrough().resume(), new PassThrough().resume()];
    const env = environmentOf(join(prepared, 'data'));
    const signal = new AbortController().signal;
    expect(await runCommandLine(['import', join(prepared, 'flickr')], { stdout, stderr, env, signal })).toBe(0);
  });
  afterAll(() => rm(prepared, { recursive: true }));
  beforeEach(async () => {
    disk = await mountSmallDisk(112);
    dataDirectory = join(disk.folder, 'data');
    await cp(join(prepared, 'data'), dataDirectory, { recursive: true });
    server = await Server.start({ ...process.env, ...environmentOf(dataDirectory) });
  });
  afterEach(async () => {
    await server.end('SIGKILL');
    await disk.unmount();
  });

  /** Has another program leave so much. */
  async function leave(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(disk.folder);
    await disk.fill(bavail * bsize - bytes);
  }

  async function ask(operation: string, name: string): Promise<Job> {
    const response = await fetch(server.url, {
      method: 'POST',
      body: JSON.stringify({ query: operation }),
      headers: { 'content-type': 'application/json' },
    });
    return jobSchema.parse(
      z.object({ data: z.record(z.string(), z.unknown()) }).parse(await response.json()).data[name],
    );
  }

  const look = (id: string) => ask(`{ trainingJob(id: "${id}") ${FIELDS} }`, 'trainingJob');
  const start = (epochs: number) =>
    ask(
      `mutation { startTraining(input: { epochs: ${epochs}, batchImages: 8, minimumWordCount: 1, embeddingSize: 8,
        hiddenSize: 8, attentionSize: 8, validationImages: 2, use: NEVER }) ${FIELDS} }`,
      'startTraining',
    );
  const until = (id: string, condition: (job: Job) => void) =>
    vi.waitFor(async () => {
      const job = await look(id);
      condition(job);
      return job;
    }, PATIENCE);
  const is = (state: string) => (job: Job) => {
    expect(job, JSON.stringify(job.error)).toMatchObject({ state });
  };
  const filesOf = async (id: string) => (await readdir(join(dataDirectory, 'training', id))).sort();

  test('whose checkpoint finds no room waits with those before it, and goes on behind them when there is room', async () => {
    const { id } = await start(EPOCHS);
    await until(id, ({ epochs }) => {
      expect(epochs.length).toBeGreaterThan(0);
    });
    await leave(0.6 * RESERVE);
    const waiting = await until(id, is('QUEUED'));
    const last = waiting.epochs.length;
    expect(last).toBeLessThan(EPOCHS);
    const files = await filesOf(id);
    expect(files).toContain(`progress-${last}.safetensors`);
    expect(files).toContain(`epoch-${last}.safetensors`);
    expect(files.filter((name) => name.endsWith('.partial'))).toEqual([]);
    await wait(LOOKS_MILLISECONDS);
    expect(await look(id)).toEqual(waiting);

    await disk.makeRoom();
    const done = await until(id, is('SUCCEEDED'));
    expect(done.attempt).toBe(2);
    expect(done.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: EPOCHS }, (_, index) => index + 1));
  });

  test('whose data do not fit, while others have room, fails and says so; nothing of it is in the way, and it can be resumed', async () => {
    await leave(RESERVE + MEBIBYTE);
    const { id } = await start(1);
    const failed = await until(id, is('FAILED'));
    expect(failed.error).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringMatching(
        /no room for 2 MB: \d+ MB are free, and 24 MB must stay so.*resumeTraining/,
      ) as string,
    });
    expect(await filesOf(id)).toEqual([]);

    await disk.makeRoom();
    await ask(`mutation { resumeTraining(input: { jobId: "${id}" }) ${FIELDS} }`, 'resumeTraining');
    expect((await until(id, is('SUCCEEDED'))).epochs).toHaveLength(1);
  });
});
