/** The command line as a person has it: in this process, or as the built program in one of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/program.js';
import { openScenes } from '../../src/datasets/scenes.js';
import { PROGRAM_FOLDER } from '../../src/program-folder.js';

export type Environment = Readonly<Record<string, string>>;

/** All state in one folder, the small encoder with random weights, any free port. */
export function environmentIn(folder: string): Environment {
  return {
    EKPHRASIS_DATA: join(folder, 'data'),
    EKPHRASIS_CACHE: join(folder, 'cache'),
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
    PORT: '0',
  };
}

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  /** Standard error is a terminal. */
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
  /** Told of all that standard error has shown, as it grows. */
  readonly onStderr?: (text: string) => void;
}

/** Runs one command line in this process. */
export async function run(env: Environment, args: readonly string[], around: Surroundings = {}): Promise<Ended> {
  const stdout = collector();
  const stderr = collector(around.onStderr);
  const terminal = Object.assign(stderr.stream, { isTTY: around.isTTY ?? false });
  const signal = around.signal ?? new AbortController().signal;
  const exitCode = await runCommandLine(args, { stdout: stdout.stream, stderr: terminal, env, signal });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

/** Starts the built program. */
export function start(env: Environment, ...args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [join(PROGRAM_FOLDER, 'dist', 'main.js'), ...args], { env: { PATH: process.env['PATH'], ...env } });
}

/** What a started program has said when it has ended. */
export async function ended(program: ChildProcessWithoutNullStreams): Promise<Ended> {
  const [stdout, stderr] = [collector(), collector()];
  program.stdout.pipe(stdout.stream);
  program.stderr.pipe(stderr.stream);
  const [exitCode] = (await once(program, 'close')) as [number | null];
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

/** The first line on a stream that nobody else reads; what there is of it when the stream ends earlier. */
export async function lineOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text.split('\n', 1)[0] ?? '';
}

/** A small data set of drawn scenes in the official layout of Flickr8k. */
export async function writeFlickr8k(folder: string, size: { readonly train: number; readonly dev: number }): Promise<void> {
  await mkdir(join(folder, 'Images'), { recursive: true });
  const tokens: string[] = [];
  const lists: Record<'train' | 'dev', string[]> = { train: [], dev: [] };
  for await (const item of openScenes({ seed: 1, ...size }).items) {
    const { name, captions, split } = item;
    await writeFile(join(folder, 'Images', name), await item.read());
    tokens.push(...captions.map((caption, index) => `${name}#${index}\t${caption}`));
    lists[split === 'train' ? 'train' : 'dev'].push(name);
  }
  const files = { 'Flickr8k.token.txt': tokens, 'Flickr_8k.trainImages.txt': lists.train, 'Flickr_8k.devImages.txt': lists.dev, 'Flickr_8k.testImages.txt': [] };
  for (const [name, lines] of Object.entries(files)) await writeFile(join(folder, name), lines.join('\n'));
}

function collector(onText: (text: string) => void = () => undefined): { stream: Writable; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      onText(text);
      done();
    },
  });
  return { stream, text: () => text };
}
