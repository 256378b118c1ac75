/**
 * What a photo's file and its sidecars say, read in a thread of its own that is ended when a file keeps it busy too
 * long: a hostile file costs seconds, never the process.
 */
import { join } from 'node:path';
import sharp from 'sharp';
import { type Pool, pool } from 'workerpool';
import { PROGRAM_FOLDER } from '../program-folder.js';
import type { MetadataSources, ReadMetadata } from './read-sources.js';

/** The compiled script, for tests that run from `src` too. */
const SCRIPT = join(PROGRAM_FOLDER, 'dist', 'metadata', 'metadata-thread.js');
const LONGEST_MILLISECONDS = 10_000;
/** The thread stays for so long, for a photo that comes after this one. */
const IDLE_MILLISECONDS = 1000;

let threads: Pool | undefined;
let reading = 0;
let idle: NodeJS.Timeout | undefined;

/**
 * Reads what there is. A file in which nothing is found, or that cannot be read, says nothing; that is no error.
 *
 * @param sidecars what holds before others first
 */
export async function readMetadata(
  photo: Uint8Array | undefined,
  sidecars: readonly Uint8Array[] = [],
): Promise<ReadMetadata> {
  return readInThread({ photo, packet: photo && (await readPacket(photo)), sidecars });
}

/** The same of sources that are there already. */
export async function readInThread(sources: MetadataSources): Promise<ReadMetadata> {
  const read = await inThread(sources);
  return read ?? { metadata: { keywords: [], captions: [] }, problems: ['Its metadata take too long to read.'] };
}

/** The XMP packet in a photo; undefined where there is none. */
export async function readPacket(photo: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return (await sharp(photo, { limitInputPixels: false }).metadata()).xmp;
  } catch {
    return undefined;
  }
}

/** @returns undefined where it takes too long, or ends the thread */
async function inThread(sources: MetadataSources): Promise<ReadMetadata | undefined> {
  clearTimeout(idle);
  reading += 1;
  threads ??= pool(SCRIPT, { workerType: 'thread', maxWorkers: 1 });
  try {
    return (await threads.exec('readSources', [sources]).timeout(LONGEST_MILLISECONDS)) as ReadMetadata;
  } catch (error) {
    if (hasEnded(error)) return undefined;
    throw error;
  } finally {
    reading -= 1;
    if (reading === 0) idle = setTimeout(endThread, IDLE_MILLISECONDS);
  }
}

/** Whether the thread was ended, for the time it took or the memory. */
function hasEnded(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'TimeoutError' || ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY');
}

function endThread(): void {
  const ended = threads;
  threads = undefined;
  void ended?.terminate();
}
