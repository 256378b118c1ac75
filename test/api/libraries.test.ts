/** Libraries through the API: added below IMPORT_ROOT, scanned by jobs, watched, searched, changed and removed. */
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { JobId } from '../../src/ids.js';
import { picture } from '../collection/seeing.js';
import { ask, refusal } from './client.js';
import { openTestServer, type TestServer } from './test-server.js';

let root: string;
let outside: string;
let server: TestServer;
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'ekphrasis-libraries-')));
  outside = await mkdtemp(join(tmpdir(), 'ekphrasis-outside-'));
  await draw('photos/2024/a.png', 1);
  await draw('photos/2024/b.png', 2);
  await draw('photos/2023/c.png', 3);
  await draw('watched/d.png', 4);
  await writeFile(join(outside, 'secret.png'), await picture(5));
  await symlink(outside, join(root, 'photos', 'way-out'));
  await symlink(outside, join(root, 'out'));
  server = await openTestServer({ IMPORT_ROOT: root });
  await server.application.work({ kinds: ['scan-library', 'embed'] });
});
afterAll(async () => {
  await server.close();
  for (const folder of [root, outside]) await rm(folder, { recursive: true });
});

async function draw(path: string, seed: number): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), await picture(seed));
}

const started = z.object({ scanLibrary: z.object({ id: z.string() }) });
const ended = z.object({
  job: z.object({
    kind: z.string(),
    state: z.string(),
    total: z.number().nullable(),
    done: z.number(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    scanReport: z
      .object({
        files: z.number(),
        added: z.number(),
        unchanged: z.number(),
        missing: z.number(),
        returned: z.number(),
        problems: z.array(z.object({ kind: z.string(), message: z.string(), count: z.number() })),
      })
      .nullable(),
  }),
});

/** Has a library scanned, and waits for the end. */
async function scan(id: string, options = ''): Promise<z.infer<typeof ended>['job']> {
  const { scanLibrary } = await ask(
    server,
    started,
    `mutation ($id: ID!) { scanLibrary(input: { id: $id ${options} }) { id } }`,
    {
      id,
    },
  );
  for await (const job of server.application.jobs.progress(scanLibrary.id as JobId)) void job;
  const { job } = await ask(
    server,
    ended,
    `query ($id: ID!) { job(id: $id) { kind state total done error { code message }
      scanReport { files added unchanged missing returned problems { kind message count } } } }`,
    { id: scanLibrary.id },
  );
  return job;
}

const listed = z.object({
  images: z.object({
    totalCount: z.number(),
    edges: z.array(
      z.object({
        node: z.object({
          name: z.string(),
          url: z.string(),
          missing: z.boolean(),
          files: z.array(z.object({ path: z.string(), missing: z.boolean(), library: z.object({ name: z.string() }) })),
        }),
      }),
    ),
  }),
});
async function images(filter: string) {
  const query = `{ images(${filter}) { totalCount edges { node { name url missing files { path missing library { name } } } } } }`;
  return (await ask(server, listed, query)).images.edges.map(({ node }) => node);
}
const get = (url: string) => fetch(new URL(url, server.url));

const ADD =
  'mutation ($path: String!, $watch: Boolean) { addLibrary(input: { path: $path, watch: $watch, exclude: ["*.gif"] }) { name root excluded watch scannedAt imageCount } }';

test('a library is added below the allowed folder, scanned by a job, and its photos are served from their files', async () => {
  expect(await ask(server, z.unknown(), ADD, { path: 'photos' })).toEqual({
    addLibrary: {
      name: 'photos',
      root: join(root, 'photos'),
      excluded: ['*.gif'],
      watch: false,
      scannedAt: null,
      imageCount: 0,
    },
  });
  const job = await scan('photos');
  expect(job).toMatchObject({ kind: 'SCAN_LIBRARY', state: 'SUCCEEDED', total: 3, done: 3, error: null });
  // The link that leads out of the allowed folder is told, and not followed.
  expect(job.scanReport).toMatchObject({
    files: 3,
    added: 3,
    problems: [{ count: 1, message: expect.stringContaining('way-out') as string }],
  });
  const [photo] = await images('filter: { folder: "2023" }');
  expect(photo).toMatchObject({
    name: 'c.png',
    missing: false,
    files: [{ path: '2023/c.png', missing: false, library: { name: 'photos' } }],
  });
  const response = await get(photo?.url ?? '');
  expect(Buffer.from(await response.arrayBuffer())).toEqual(await picture(3));
  expect(await get(`${photo?.url ?? ''}?width=320`)).toMatchObject({ status: 200 });
  expect(await images('filter: { library: "photos", folder: "2024", missing: false }')).toHaveLength(2);
  expect(await refusal(server, '{ images(filter: { library: "plants" }) { totalCount } }')).toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('no client adds a folder beyond the allowed one, nor one twice', async () => {
  for (const path of ['..', outside, 'out', '', 'nowhere', 'scenes', 'photos/2024/a.png'])
    expect(await refusal(server, ADD, { path }), path).toMatchObject({ code: 'BAD_USER_INPUT' });
  const twice = await refusal(server, ADD, { path: 'photos' });
  expect(twice).toMatchObject({ code: 'CONFLICT' });
  expect(twice.message).not.toContain(root);
  expect(await refusal(server, 'mutation { scanLibrary(input: { id: "nowhere" }) { id } }')).toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('missing photos are found, say so, and are not served; a folder that is away fails the job and changes nothing', async () => {
  await rename(join(root, 'photos/2023/c.png'), join(root, 'c.png'));
  expect((await scan('photos')).scanReport).toMatchObject({ missing: 1, unchanged: 2 });
  const [gone] = await images('filter: { missing: true }');
  expect(gone).toMatchObject({ name: 'c.png', missing: true, files: [{ missing: true }] });
  expect(await images('first: 10')).toHaveLength(3);
  // Its small copy was made before.
  expect(await get(`${gone?.url ?? ''}?width=320`)).toMatchObject({ status: 200 });
  for (const url of [gone?.url ?? '', `${gone?.url ?? ''}?width=640`]) {
    const response = await get(url);
    expect(response.status).toBe(404);
    expect(response.headers.get('cache-control') ?? '').not.toContain('immutable');
    const body = await response.text();
    expect(body).toContain('PHOTO_MISSING');
    expect(body).not.toContain(root);
  }
  await rename(join(root, 'photos'), join(root, 'away'));
  const failed = await scan('photos');
  expect(failed).toMatchObject({ state: 'FAILED', error: { code: 'LIBRARY_UNAVAILABLE' } });
  expect(failed.error?.message).not.toContain(root);
  const state = '{ libraries { missingCount fileCount scanError { code } scanReport { files } } }';
  expect(await ask(server, z.unknown(), state)).toEqual({
    libraries: [{ missingCount: 1, fileCount: 3, scanError: { code: 'LIBRARY_UNAVAILABLE' }, scanReport: null }],
  });
  await rename(join(root, 'away'), join(root, 'photos'));
  await rename(join(root, 'c.png'), join(root, 'photos/2023/c.png'));
  expect((await scan('photos', ', retryProblems: true')).scanReport).toMatchObject({ returned: 1, unchanged: 3 });
  expect(await images('filter: { missing: true }')).toEqual([]);
});

test('another encoder sees photos of libraries from their files', async () => {
  const { store, jobs } = server.application;
  const { encoder } = (await server.application.collection()).inference;
  await store.executeSql('DELETE FROM "ImageFeature"', []);
  for await (const job of jobs.progress((await jobs.embed()).id)) void job;
  const ids = (await store.images.list({ limit: 10 })).items.map(({ id }) => id);
  expect(ids).toHaveLength(3);
  expect(await store.features.having(ids, encoder.id)).toEqual(new Set(ids));
});

test('a watched library takes up what is written there by itself', async () => {
  await ask(server, z.unknown(), ADD, { path: 'watched', watch: true });
  const names = async () => (await images('filter: { library: "watched" }')).map(({ name }) => name).sort();
  const soon = { timeout: 60_000, interval: 100 };
  await vi.waitFor(async () => {
    expect(await names()).toEqual(['d.png']);
  }, soon);
  await draw('watched/new/e.png', 6);
  await vi.waitFor(async () => {
    expect(await names()).toEqual(['d.png', 'e.png']);
  }, soon);
});

test('a library is changed, and removed only when that is confirmed; its files stay', async () => {
  const update =
    'mutation { updateLibrary(input: { id: "watched", name: "by the sea", watch: false, exclude: [] }) { name watch excluded } }';
  expect(await ask(server, z.unknown(), update)).toEqual({
    updateLibrary: { name: 'by the sea', watch: false, excluded: [] },
  });
  const { application } = server;
  const open = () => application.store.jobs.inState('QUEUED', 'RUNNING');
  await vi.waitFor(
    async () => {
      expect(await open()).toEqual([]);
    },
    { timeout: 60_000, interval: 100 },
  );
  const unconfirmed = await refusal(server, 'mutation { removeLibrary(input: { id: "by the sea" }) { id } }');
  expect(unconfirmed).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('2 of its 2 photos') as string,
  });
  const library = await application.store.libraries.resolve('photos');
  const job = await application.store.jobs.create({ kind: 'scan-library', settings: { library: library.id } });
  expect(
    await refusal(server, 'mutation { removeLibrary(input: { id: "photos", confirm: true }) { id } }'),
  ).toMatchObject({
    code: 'CONFLICT',
  });
  await application.store.jobs.end(job.id, { state: 'CANCELLED' });
  expect(
    await ask(
      server,
      z.unknown(),
      'mutation { removeLibrary(input: { id: "by the sea", confirm: true }) { name imageCount deletedImageCount } }',
    ),
  ).toEqual({
    removeLibrary: { name: 'by the sea', imageCount: 2, deletedImageCount: 2 },
  });
  expect((await images('first: 10')).map(({ name }) => name).sort()).toEqual(['a.png', 'b.png', 'c.png']);
  expect(await ask(server, z.unknown(), '{ libraries { name exclusiveImageCount } }')).toEqual({
    libraries: [{ name: 'photos', exclusiveImageCount: 3 }],
  });
});
