/** An exported run: a folder that is there whole or not at all. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { storageFailure } from '../files/storage-failure.js';
import { encodeEvents, type RunEvent } from './event-file.js';
import type { Run, RunEpoch } from './run.js';

export const RUN_FILE = 'run.json';

/** The columns of curves.csv that are numbers, by their names. */
export function figuresOf(epoch: RunEpoch): ReadonlyMap<string, number> {
  const { retrieval } = epoch;
  const figures: [string, number | null | undefined][] = [
    ['loss', epoch.loss],
    ['reward', epoch.reward],
    ['learningRate', epoch.learningRate],
    ...[1, 2, 3, 4].map((n): [string, number | undefined] => [`bleu${n}`, epoch.bleu?.[n - 1]]),
    ['cider', epoch.cider],
    ...(['textToImage', 'imageToText'] as const).flatMap((way): [string, number | undefined][] => [
      ...[1, 5, 10].map((n, place): [string, number | undefined] => [
        `${way}RecallAt${n}`,
        retrieval?.[way].recall[place],
      ]),
      [`${way}MedianRank`, retrieval?.[way].medianRank],
    ]),
    ['seconds', epoch.seconds],
    ['imagesPerSecond', epoch.imagesPerSecond],
  ];
  return new Map(figures.filter((entry): entry is [string, number] => entry[1] != null));
}

/** An epoch a line, numbers as JSON has them; columns that no epoch has a number for are left out. */
export function curvesOf(epochs: readonly RunEpoch[]): string {
  const rows = epochs.map(figuresOf);
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const lines = epochs.map(({ epoch, best }, index) =>
    [epoch, ...columns.map((column) => rows[index]?.get(column) ?? ''), best].join(','),
  );
  return `${[['epoch', ...columns, 'best'].join(','), ...lines].join('\n')}\n`;
}

/** What a captioner wrote for a few dev photos after each epoch. */
export function samplesOf(epochs: readonly RunEpoch[]): string {
  const lines = epochs.flatMap(({ epoch, samples }) =>
    samples.map(({ imageName, caption }) => [`${epoch}`, imageName, caption].map(quoted).join(',')),
  );
  return `${['epoch,image,caption', ...lines].join('\n')}\n`;
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The same for TensorBoard; the step is the epoch, the time that of the start and of the epochs so far. */
export function eventsOf({ createdAt, epochs }: Pick<Run, 'createdAt' | 'epochs'>): Uint8Array {
  const start = Date.parse(createdAt) / 1000;
  let time = start;
  const events = epochs.map((epoch): RunEvent => {
    time += epoch.seconds;
    const texts = new Map(epoch.samples.map(({ imageName, caption }) => [`samples/${imageName}`, caption]));
    return { time, step: epoch.epoch, scalars: figuresOf(epoch), texts };
  });
  return encodeEvents(start, events);
}

/**
 * Writes a run into a folder that is not there yet, or is empty.
 *
 * @returns the names of its files
 * @throws EkphrasisError CONFLICT for a folder with something in it, or a file; STORAGE_FAILED
 */
export async function writeRun(run: Run, folder: string): Promise<string[]> {
  const path = resolve(folder);
  const seconds = Math.floor(Date.parse(run.createdAt) / 1000);
  const files: Readonly<Record<string, string | Uint8Array>> = {
    [RUN_FILE]: `${JSON.stringify(run, undefined, 2)}\n`,
    'curves.csv': curvesOf(run.epochs),
    'samples.csv': samplesOf(run.epochs),
    [`events.out.tfevents.${seconds}.ekphrasis`]: eventsOf(run),
  };
  await checkFree(path);
  const partial = join(dirname(path), `.${basename(path)}.${randomUUID()}.partial`);
  try {
    await mkdir(partial, { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(partial, name), content, { flush: true });
    // A folder of that name that came meanwhile, with something in it, makes this fail.
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    await checkFree(path);
    throw storageFailure(path, cause);
  }
  return Object.keys(files);
}

async function checkFree(path: string): Promise<void> {
  const there = await readdir(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new EkphrasisError(ErrorCode.Conflict, `${path} cannot become a folder: name another one with --out.`);
  });
  if (there.length === 0) return;
  throw new EkphrasisError(ErrorCode.Conflict, `${path} has files already: name another folder with --out.`);
}
