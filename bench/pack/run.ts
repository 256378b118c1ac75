/**
 * What somebody meets who has nothing but the packed program: it is installed in an empty folder and by npx, captions a
 * photo, serves its page, and is imported by a program in TypeScript.
 *
 *     npx tsc -p bench/pack && node dist/bench/bench/pack/run.js TARBALL
 *
 * TARBALL is what `npm pack` wrote. It needs a package registry, and VGG16's weights or their sources. Ends with 1 when
 * anything is not as it should be. Two minutes on 2 cores.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { list } from 'tar';
import { drawnPicture } from '../../test/vision/pictures.js';

const run = promisify(execFile);
const [tarball = ''] = process.argv.slice(2).map((path) => resolve(path));
const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-pack-'));
const photo = join(folder, 'photo.png');
await writeFile(photo, await drawnPicture(1));
let faults = 0;

function tell(what: string, isRight: boolean, seen: unknown): void {
  if (!isRight) faults += 1;
  console.log(`${isRight ? 'ok    ' : 'FAILED'} ${what}${isRight ? '' : `: ${JSON.stringify(seen)}`}`);
}

/** The tarball has the program, its page, its models and its migrations, and nothing else. */
async function checkContents(): Promise<void> {
  const paths: string[] = [];
  await list({ file: tarball, onReadEntry: ({ path }) => void paths.push(path.replace(/^package\//, '')) });
  const wanted = [
    'README.md',
    'dist/main.js',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/inference/inference-process.js',
    'dist/training/trainer-process.js',
    'dist/generated/prisma/client.js',
    'dist/web/index.html',
    'models/flickr8k.safetensors',
    'models/flickr8k-search.safetensors',
    ...(await readdir('prisma/migrations')).map((name) => `prisma/migrations/${name}/migration.sql`),
  ];
  const missing = wanted.filter((path) => !paths.includes(path));
  tell('npm pack: all that runs is in it', missing.length === 0, missing);
  const others = paths.filter(
    (path) => !/^(dist|install|models|prisma)\/|^[^/]+$/.test(path) || /test|bench/.test(path),
  );
  tell('npm pack: nothing else is in it', others.length === 0, others);
}

/** Starts a server by its command, has it caption and serve its page, and ends it. */
async function visit(name: string, command: readonly string[], cwd: string): Promise<void> {
  const [program = '', ...options] = command;
  const env = { ...process.env, PORT: '0', EKPHRASIS_DATA: join(cwd, 'served') };
  // A group of its own: npx hands no signal on to the program.
  const server = spawn(program, options, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let complaints = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const exit = once(server, 'exit');
  const [greeting] = (await Promise.race([once(createInterface(server.stdout), 'line'), exit])) as [unknown];
  const url = /http:\S+\/graphql/.exec(String(greeting))?.[0];
  tell(`${name}: the server starts`, url !== undefined, complaints);
  if (url === undefined) return;
  try {
    const form = new FormData();
    const query = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { text } }';
    form.set('operations', JSON.stringify({ query, variables: { upload: null } }));
    form.set('map', JSON.stringify({ 0: ['variables.upload'] }));
    form.set('0', new Blob([new Uint8Array(await readFile(photo))]), 'photo.png');
    const response = await fetch(url, { method: 'POST', headers: { 'apollo-require-preflight': '1' }, body: form });
    const answer = await response.text();
    tell(`${name}: it captions a photo`, /"captionImage":\{"text":".+"/.test(answer), answer);
    const page = await (await fetch(new URL('/', url), { headers: { accept: 'text/html' } })).text();
    const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? '';
    const loaded = await fetch(new URL(script, url));
    tell(`${name}: it serves the page with its script`, script !== '' && loaded.ok, page);
  } finally {
    if (server.pid !== undefined) process.kill(-server.pid, 'SIGTERM');
    await exit;
  }
  tell(`${name}: nothing is warned of`, !/npm warn|EBADENGINE|deprecated/.test(complaints), complaints);
}

try {
  await checkContents();
  const empty = join(folder, 'installed');
  await mkdir(empty);
  await writeFile(join(empty, 'package.json'), '{ "type": "module" }');
  const { stderr } = await run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: empty });
  tell(
    'npm install: no version of Node or of a package is complained of',
    !/EBADENGINE|ERESOLVE|deprecated/.test(stderr),
    stderr,
  );
  const binaries = await readdir(join(empty, 'node_modules', 'onnxruntime-node', 'bin'), { recursive: true });
  const cuda = binaries.filter((name) => name.includes('providers_cuda'));
  tell('npm install: no CUDA libraries are fetched', binaries.length > 0 && cuda.length === 0, cuda);
  await visit('npm install', ['npx', 'ekphrasis', 'serve'], empty);

  await run('npm', ['install', '--no-audit', '--no-fund', '@types/node@20'], { cwd: empty });
  await cp(resolve('bench/pack/consumer.ts'), join(empty, 'consumer.ts'));
  const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node', '--skipLibCheck'];
  await run(resolve('node_modules/.bin/tsc'), [...options, 'consumer.ts'], { cwd: empty });
  const told = await run(process.execPath, ['consumer.js', photo], {
    cwd: empty,
    env: { ...process.env, EKPHRASIS_DATA: join(empty, 'imported') },
  });
  const [sentence = '', code] = told.stdout.trim().split('\n');
  tell('import: a program in TypeScript captions', / /.test(sentence) && code === 'INVALID_IMAGE', told);

  const elsewhere = join(folder, 'npx');
  await mkdir(elsewhere);
  await visit('npx', ['npx', '--yes', '--package', tarball, 'ekphrasis', 'serve'], elsewhere);
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = faults === 0 ? 0 : 1;
