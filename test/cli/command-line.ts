/** Command lines as a person runs them, in a data folder of their own: inside the test's process, or as a process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommandLine } from '../../src/cli/program.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { prepareDataFolder } from '../store/open-test-store.js';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandLine {
  /** For files of the test; the data folder is its folder `data`. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  run(...args: readonly string[]): Promise<Outcome>;
  /** The same with other environment variables. */
  runWith(environment: Record<string, string>, ...args: readonly string[]): Promise<Outcome>;
  /** Starts the built program. */
  start(...args: readonly string[]): ChildProcessWithoutNullStreams;
  /** The same with other environment variables. */
  startWith(environment: Record<string, string>, ...args: readonly string[]): ChildProcessWithoutNullStreams;
  close(): Promise<void>;
}

/** @param isFirstStart leaves it to the program to make its database */
export async function openCommandLine({ isFirstStart = false } = {}): Promise<CommandLine> {
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-cli-'));
  const env = {
    EKPHRASIS_DATA: join(directory, 'data'),
    EKPHRASIS_CACHE: directory,
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
    PORT: '0',
  };
  if (!isFirstStart) await prepareDataFolder(env.EKPHRASIS_DATA);
  const runWith = async (environment: Record<string, string>, ...args: readonly string[]): Promise<Outcome> => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const written = Promise.all([text(stdout), text(stderr)]);
    const code = await runCommandLine(args, {
      stdout,
      stderr,
      env: { ...env, ...environment },
      signal: new AbortController().signal,
    });
    stdout.end();
    stderr.end();
    const [out, error] = await written;
    return { code, stdout: out, stderr: error };
  };
  const startWith = (environment: Record<string, string>, ...args: readonly string[]) =>
    spawn(process.execPath, ['dist/main.js', ...args], { env: { ...process.env, ...env, ...environment } });
  return {
    directory,
    env,
    runWith,
    run: (...args) => runWith({}, ...args),
    start: (...args) => startWith({}, ...args),
    startWith,
    close: () => rm(directory, { recursive: true }),
  };
}

/** Where the server of a process that was just started has GraphQL. */
export async function addressOf({ stdout }: { readonly stdout: Readable | null }): Promise<string> {
  if (!stdout) throw new Error('the process has no stdout');
  const [greeting] = (await once(createInterface(stdout), 'line')) as [string];
  return /^GraphQL is at (\S+)\. Try/.exec(greeting)?.[1] ?? '';
}

/** Writes scenes as a data set in Flickr8k's layout. */
export async function writeFlickr(
  folder: string,
  counts: { readonly train: number; readonly dev: number },
): Promise<void> {
  await mkdir(join(folder, 'Images'), { recursive: true });
  const lines: string[] = [];
  const names = { train: [] as string[], dev: [] as string[] };
  for await (const scene of openScenes({ seed: 1, ...counts }).items) {
    const { name, split, captions } = scene;
    await writeFile(join(folder, 'Images', name), await scene.read());
    lines.push(...captions.map((caption, index) => `${name}#${index}\t${caption}`));
    if (split === 'train' || split === 'dev') names[split].push(name);
  }
  await writeFile(join(folder, 'Flickr8k.token.txt'), lines.join('\n'));
  await writeFile(join(folder, 'Flickr_8k.trainImages.txt'), names.train.join('\n'));
  await writeFile(join(folder, 'Flickr_8k.devImages.txt'), names.dev.join('\n'));
}
