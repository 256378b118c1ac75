/** What the built program leaves when it is killed, and what its next start makes of it. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ErrorCode } from '../../src/errors.js';
import { unfinishedPath } from '../../src/files/atomic-file.js';
import type { TrainingJobId } from '../../src/ids.js';
import { openStore } from '../../src/store/store.js';
import { Server } from '../full-disk/server.js';
import { prepareCollection } from '../full-disk/round.js';
import { testUrl } from '../store/open-test-store.js';
import { openCommandLine, writeFlickr } from './command-line.js';

const PATIENCE = { timeout: 60_000, interval: 20 };
const HOUR_SECONDS = 3600;

let prepared: string;
beforeAll(async () => {
  prepared = await mkdtemp(join(tmpdir(), 'ekphrasis-kills-'));
  await prepareCollection(prepared);
});
afterAll(() => rm(prepared, { recursive: true }));

/** A data folder with a model, and the environment of a program on it. */
async function openPlace(): Promise<{ directory: string; environment: NodeJS.ProcessEnv }> {
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-killed-'));
  await cp(prepared, join(directory, 'data'), { recursive: true });
  await mkdir(join(directory, 'cache'));
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    EKPHRASIS_DATA: join(directory, 'data'),
    EKPHRASIS_CACHE: join(directory, 'cache'),
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
    LOG_LEVEL: 'fatal',
    PORT: '0',
  };
  delete environment['DATABASE_URL'];
  return { directory, environment };
}

const photo = (seed: number) =>
  sharp({ create: { width: 40 + seed, height: 40, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();

async function ask(server: Server, query: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(server.url, { method: 'POST', body: JSON.stringify({ query }), headers })).text();
}

const unfinished = async (folder: string) =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.partial'));

describe.skipIf(testUrl() !== undefined)('a server that is killed', () => {
  test('between the storing of a photo and its caption: the next start writes it, and captions nothing that was imported', async () => {
    const { directory, environment } = await openPlace();
    let server = await Server.start(environment);
    let stopped: number[] = [];
    try {
      expect(await server.upload(await photo(1), 'first.png')).toHaveProperty('stored');
      // What sees stands still, so that the next photo is stored and waits for its caption.
      stopped = await childrenOf(server.pid);
      expect(stopped.length).toBeGreaterThan(0);
      for (const pid of stopped) process.kill(pid, 'SIGSTOP');
      const lost = server.upload(await photo(2), 'second.png').catch(() => 'no answer');
      await vi.waitFor(async () => {
        expect(await ask(server, '{ images { totalCount } }')).toContain('"totalCount":2');
      }, PATIENCE);
      await server.end('SIGKILL');
      for (const pid of stopped.splice(0)) process.kill(pid, 'SIGKILL');
      expect(await lost).toBe('no answer');

      await writeFlickr(join(directory, 'imported'), { train: 2, dev: 1 });
      const line = await openCommandLine();
      const imported = await line.runWith(onlyStrings(environment), 'import', join(directory, 'imported'));
      await line.close();
      expect(imported.code, imported.stderr).toBe(0);

      server = await Server.start(environment);
      await vi.waitFor(async () => {
        const answer = await ask(server, '{ images { edges { node { name generatedCaptions { text } } } } }');
        expect(answer.match(/"generatedCaptions":\[\{/g)).toHaveLength(2);
        expect(answer).toMatch(/"second.png","generatedCaptions":\[\{/);
        expect(answer.match(/"generatedCaptions":\[\]/g)).toHaveLength(3);
      }, PATIENCE);
    } finally {
      for (const pid of stopped) process.kill(pid, 'SIGKILL');
      await server.end('SIGKILL');
      await rm(directory, { recursive: true });
    }
  });

  test('while it receives an upload, or writes files: nothing of that is left, but what others write stays', async () => {
    const { directory, environment } = await openPlace();
    const { EKPHRASIS_DATA: data = '', EKPHRASIS_CACHE: cache = '' } = environment;
    let server = await Server.start(environment);
    try {
      const uploading = beginUpload(server.url);
      await vi.waitFor(async () => {
        const [name = 'none'] = await unfinished(join(data, 'uploads'));
        expect((await stat(join(data, 'uploads', name))).size).toBeGreaterThan(0);
      }, PATIENCE);
      await server.end('SIGKILL');
      await uploading;
      // As a process leaves it that is killed in the midst of it.
      const derived = unfinishedPath(join(data, 'regions', 'some.f16'));
      await mkdir(join(data, 'regions'), { recursive: true });
      await writeFile(derived, 'half');
      const weights = join(cache, 'vgg16-40acdda7.safetensors');
      const [killed, living] = [unfinishedPath(weights), unfinishedPath(weights)];
      const goneOnWith = join(cache, 'vgg16-40acdda7.partial');
      for (const path of [killed, living, goneOnWith]) await writeFile(path, 'half');
      const old = Date.now() / 1000 - HOUR_SECONDS - 60;
      for (const path of [killed, goneOnWith]) await utimes(path, old, old);
      expect(await unfinished(data)).toHaveLength(2);

      server = await Server.start(environment);
      await vi.waitFor(async () => {
        expect(await unfinished(data)).toEqual([]);
        // Other servers may share the cache: only its age tells a file of theirs.
        expect([killed, living, goneOnWith].map(existsSync)).toEqual([false, true, true]);
      }, PATIENCE);
      // What was there whole is there.
      expect(await server.upload(await photo(3), 'third.png')).toHaveProperty('stored');
    } finally {
      await server.end('SIGKILL');
      await rm(directory, { recursive: true });
    }
  });
});

test.skipIf(testUrl() !== undefined)(
  'a training that is killed while it packs its data leaves nothing: neither one that goes on nor one that has failed',
  async () => {
    const line = await openCommandLine();
    const { EKPHRASIS_DATA: data = '' } = line.env;
    const trainings = join(data, 'training');
    try {
      const folder = join(line.directory, 'flickr');
      await writeFlickr(folder, { train: 60, dev: 4 });
      expect((await line.run('import', folder)).code).toBe(0);
      const killed = async (earlier?: TrainingJobId): Promise<TrainingJobId> => {
        // Seen anew, so that packing takes a while.
        await rm(join(data, 'cache'), { recursive: true, force: true });
        const training = line.start('train', '--epochs', '1', '--batch-images', '8');
        training.stdout.resume();
        training.stderr.resume();
        const ended = once(training, 'exit');
        const packing = await vi.waitFor(async () => {
          const found = (await readdir(trainings, { recursive: true })).find(
            (name) => name.endsWith('data.partial') && !(earlier && name.startsWith(earlier)),
          );
          if (found === undefined) throw new Error('nothing is packed yet');
          return found;
        }, PATIENCE);
        training.kill('SIGKILL');
        await ended;
        expect(existsSync(join(trainings, packing))).toBe(true);
        return packing.split('/')[0] as TrainingJobId;
      };
      const failed = await killed();
      const store = await openStore({ dataDirectory: data });
      await store.trainingJobs.end(failed, {
        state: 'FAILED',
        errorCode: ErrorCode.ProcessFailed,
        errorMessage: 'It was killed too often.',
      });
      await store.close();
      const id = await killed(failed);

      const server = line.start('serve');
      server.stdout.resume();
      server.stderr.resume();
      const ended = once(server, 'exit');
      try {
        await vi.waitFor(async () => {
          expect(await readdir(join(trainings, failed))).toEqual([]);
          expect(existsSync(join(trainings, id))).toBe(false);
        }, PATIENCE);
      } finally {
        server.kill('SIGTERM');
        await ended;
      }
      expect((await line.run('jobs')).stdout).toMatch(new RegExp(`^${id}  train  SUCCEEDED`, 'm'));
    } finally {
      await line.close();
    }
  },
);

/** An upload of which the end never comes. @returns resolves when it is cut off */
function beginUpload(url: string): Promise<unknown> {
  const boundary = 'end-of-part';
  const headers = {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'apollo-require-preflight': '1',
  };
  const upload = request(url, { method: 'POST', headers });
  const part = (name: string, content: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${name}\r\n\r\n${content}\r\n`;
  const query = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { id } }';
  upload.write(part('name="operations"', JSON.stringify({ query, variables: { upload: null } })));
  upload.write(part('name="map"', '{"0":["variables.upload"]}'));
  upload.write(part('name="0"; filename="photo.jpg"', 'x'.repeat(200_000)));
  return once(upload, 'close').catch(() => undefined);
}

/** Processes that a process has started. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) =>
    list
      .split(' ')
      .filter((child) => child !== '')
      .map(Number),
  );
}

function onlyStrings(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
