/**
 * Backup and restore as docs/operations.md says it: a collection is exported while it is served, copied after its server has
 * ended, and found the same by a server on what came of either.
 */
import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import { askWith } from '../api/keyed-client.js';
import { addUntrainedModel } from '../api/test-server.js';
import { picture } from '../collection/seeing.js';
import { createPostgresDatabase } from '../postgres/database.js';
import { prepareDataFolder, testUrl } from '../store/open-test-store.js';
import { sha256Of } from '../store/records.js';
import { addressOf, type CommandLine, openCommandLine } from './command-line.js';

const exportSchema = z.object({
  tables: z.array(z.object({ table: z.string(), rows: z.number(), sha256: z.string() })),
});

/** What people would miss. */
const CONTENTS = `{
  images(first: 4) { edges { node {
    id name sha256 url
    generatedCaptions { id text logProbability model { id } }
    referenceCaptions { id text }
    candidates(first: 1) { text logProbability }
  } } }
  models { edges { node { id name task current } } }
  apiKeys { id name scopes usable }
}`;
const contentsSchema = z.object({
  images: z.object({
    edges: z
      .array(
        z.object({
          node: z.looseObject({
            id: z.string(),
            sha256: z.string(),
            url: z.string(),
            generatedCaptions: z.array(z.unknown()).length(1),
          }),
        }),
      )
      .length(2),
  }),
});

interface Secrets {
  readonly admin: string;
  readonly reader: string;
}

let line: CommandLine;
beforeAll(async () => {
  line = await openCommandLine();
});
afterAll(() => line.close());

/** Puts photos, captions of a model and of a person, and keys into a collection. */
async function fill(environment: Record<string, string>): Promise<Secrets> {
  const config = loadConfig({ ...line.env, ...environment });
  const application = await openApplication(config, { log: pino({ level: 'silent' }) });
  await addUntrainedModel(application);
  const { image } = await application.captionPhoto({ bytes: await picture(1), name: 'one.png' });
  await application.captionPhoto({ bytes: await picture(2), name: 'two.png' });
  await application.correctCaption({ imageId: image.id, text: 'A person knows better.' });
  const { secret: admin } = await application.keys.create({ scopes: ['admin'] });
  const { secret: reader } = await application.keys.create({ scopes: ['read'] });
  await application.close();
  return { admin, reader };
}

/** Does something with a server, which has ended afterwards. */
async function serving<T>(
  environment: Record<string, string>,
  action: (url: string, server: ChildProcess) => Promise<T>,
): Promise<T> {
  const server = line.startWith(environment, 'serve');
  server.stderr.resume();
  const ended = once(server, 'exit');
  try {
    return await action(await addressOf(server), server);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

/** All that is found at a server, what its features find and its model would write among it. */
async function contentsOf(url: string, { admin }: Secrets) {
  const { data, errors } = await askWith({ url }, admin, CONTENTS);
  expect(errors).toBeUndefined();
  const found = contentsSchema.parse(data);
  const headers = { authorization: `Bearer ${admin}` };
  const photos = found.images.edges.map(({ node }) => node);
  for (const { url: path, sha256 } of photos) {
    const photo = await fetch(new URL(path, url), { headers });
    expect(sha256Of(new Uint8Array(await photo.arrayBuffer()))).toBe(sha256);
  }
  const like = `{ similarImages(imageId: "${photos[0]?.id ?? ''}") { edges { node { similarity image { id } } } } }`;
  const similar = await askWith({ url }, admin, like);
  expect(similar.errors).toBeUndefined();
  return { found: data, similar: similar.data };
}

describe('the embedded database', () => {
  const data = () => join(line.directory, 'data');
  const serverFile = () => join(data(), 'server.json');
  let secrets: Secrets;
  beforeAll(async () => {
    secrets = await fill({});
  });

  test('an export while it is served, imported elsewhere, and a copy of the folder both give all of it back', async () => {
    const file = join(line.directory, 'backup.ekphrasis');
    const { contents, exported } = await serving({}, async (url) => {
      const before = await contentsOf(url, secrets);
      const outcome = await line.run('db', 'export', file, '--json');
      expect(outcome).toMatchObject({ code: 0 });
      return { contents: before, exported: exportSchema.parse(JSON.parse(outcome.stdout)).tables };
    });
    expect(exported.find(({ table }) => table === 'Image')?.rows).toBe(2);
    expect(exported.map(({ table }) => table)).not.toContain('Worker');
    await expect(stat(serverFile())).rejects.toMatchObject({ code: 'ENOENT' });

    const restored = { EKPHRASIS_DATA: join(line.directory, 'restored') };
    await prepareDataFolder(restored.EKPHRASIS_DATA);
    const imported = await line.runWith(restored, 'db', 'import', file, '--json');
    expect(exportSchema.parse(JSON.parse(imported.stdout)).tables).toEqual(exported);
    expect(await serving(restored, (url) => contentsOf(url, secrets))).toEqual(contents);

    const copied = { EKPHRASIS_DATA: join(line.directory, 'copied') };
    await cp(data(), copied.EKPHRASIS_DATA, { recursive: true });
    expect(await serving(copied, (url) => contentsOf(url, secrets))).toEqual(contents);
  });

  test('its server lets through whoever can read its secret; when it was killed, it is not asked, and what was exported stays', async () => {
    const exports = join(line.directory, 'exports');
    const file = join(exports, 'kept.ekphrasis');
    const before = await serving({}, async (url, server) => {
      expect((await stat(serverFile())).mode & 0o777).toBe(0o600);
      const { secret } = z.object({ secret: z.string() }).parse(JSON.parse(await readFile(serverFile(), 'utf8')));
      for (const [sent, status] of [
        ['', 401],
        [`${secret}x`, 401],
        [secrets.reader, 403],
      ] as const) {
        const response = await fetch(new URL('/export', url), {
          headers: new Headers(sent === '' ? {} : { authorization: `Bearer ${sent}` }),
        });
        expect([response.status, await response.text()]).toEqual([status, expect.stringContaining('"code"')]);
      }
      const owner = { kind: 'OWNER', scopes: ['READ', 'CAPTION', 'WRITE', 'TRAIN', 'ADMIN'] };
      expect((await askWith({ url }, secret, '{ viewer { kind scopes } }')).data).toEqual({ viewer: owner });

      expect(await line.run('db', 'export', file)).toMatchObject({ code: 0 });
      const exported = await readFile(file, 'utf8');
      // It is there, and does nothing: the command asks, and waits.
      server.kill('SIGSTOP');
      const asking = line.run('db', 'export', file);
      await wait(500);
      server.kill('SIGKILL');
      expect(await asking).toMatchObject({ code: 1, stderr: expect.stringMatching(/^PROCESS_FAILED: /) as string });
      expect(await readFile(file, 'utf8')).toBe(exported);
      expect(await readdir(exports)).toEqual(['kept.ekphrasis']);
      return exported;
    });

    expect((await stat(serverFile())).isFile()).toBe(true);
    expect(await line.run('db', 'export', file)).toMatchObject({ code: 0 });
    expect((await readFile(file, 'utf8')).length).toBe(before.length);
    const other = await openApplication(loadConfig(line.env), { log: pino({ level: 'silent' }) });
    const locked = await line.run('db', 'export', file);
    await other.close();
    expect(locked).toMatchObject({ code: 1, stderr: expect.stringMatching(/^DATABASE_LOCKED: /) as string });
  });
});

const [server, programs] = [testUrl(), process.env['TEST_POSTGRES_PROGRAMS']];

describe.skipIf(server === undefined || programs === undefined)('a Postgres', () => {
  const postgres = (program: string, ...args: string[]) => promisify(execFile)(join(programs ?? '', program), args);

  test('pg_dump while it is served, and pg_restore into another database, give all of it back', async () => {
    const [source, target] = [await createPostgresDatabase(server ?? ''), await createPostgresDatabase(server ?? '')];
    try {
      const original = { DATABASE_URL: source.url, EKPHRASIS_DATA: join(line.directory, 'beside-postgres') };
      const secrets = await fill(original);
      const dump = join(line.directory, 'postgres.dump');
      const contents = await serving(original, async (url) => {
        await postgres('pg_dump', '--format=custom', `--file=${dump}`, source.url);
        return contentsOf(url, secrets);
      });
      await postgres('pg_restore', '--exit-on-error', `--dbname=${target.url}`, dump);
      const restored = { DATABASE_URL: target.url, EKPHRASIS_DATA: join(line.directory, 'beside-another') };
      expect(await serving(restored, (url) => contentsOf(url, secrets))).toEqual(contents);
    } finally {
      await Promise.all([source.drop({ force: true }), target.drop({ force: true })]);
    }
  });
});
