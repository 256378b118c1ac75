/**
 * The folder of a training: `epoch-N.safetensors`, what an epoch would be as a model, and then
 * `progress-N.safetensors`, from which the training goes on behind it. Each is there whole or not at all, and its
 * number says all that a path would.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Checkpoints that are kept besides the best one. */
const NEWEST = 2;

const PROGRESS = /^progress-(\d+)\.safetensors$/;
/** What a training writes, and what a process that was killed left unfinished of it. */
const WRITTEN = /^(?:epoch|progress)-(\d+)\.safetensors/;

export function checkpointName(epoch: number): string {
  return `epoch-${epoch}.safetensors`;
}

export function progressName(epoch: number): string {
  return `progress-${epoch}.safetensors`;
}

/** The last epoch that can be gone on from; 0 when there is none. */
export async function lastEpoch(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return Math.max(
    0,
    ...entries.filter((entry) => entry.isFile()).map(({ name }) => Number(PROGRESS.exec(name)?.[1] ?? 0)),
  );
}

/** Names of the files that are of use after an epoch: its progress, the newest checkpoints and the best one. */
export function filesAfter(epoch: number, best: number): string[] {
  const epochs = new Set([best, ...Array.from({ length: NEWEST }, (_, back) => epoch - back)]);
  return [progressName(epoch), ...[...epochs].filter((kept) => kept > 0).map(checkpointName)];
}

/**
 * Removes what a training wrote up to an epoch but these; what it has written since stays, and so do its data.
 *
 * @param epoch Infinity for all
 */
export async function removeOthers(directory: string, epoch: number, names: readonly string[]): Promise<void> {
  const others = (await readdir(directory)).filter((name) => {
    const written = WRITTEN.exec(name);
    return written && Number(written[1]) <= epoch && !names.includes(name);
  });
  await Promise.all(others.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}
