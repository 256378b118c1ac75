import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { EkphrasisError, ErrorCode } from '../../../errors.js';
import {
  parseHeader,
  readHeaderLength,
  type SafetensorsHeader,
  type StoredTensor,
  type TensorEntry,
  toTensor,
} from '../../../tensors/safetensors.js';
import type { FreeSpace } from '../../../files/free-space.js';
import type { WeightsManifest } from '../manifest.js';
import { fromSafetensors } from './file.js';
import { ConnectionError, fetchRange } from './http.js';
import { asStorageError, type Progress, verified, type WeightsSource } from './source.js';

export interface RangeOptions {
  readonly url: string;
  /** Where what has arrived is kept until all has. */
  readonly directory: string;
  /** Of the disk on which it lies: asked for room before anything is fetched. */
  readonly space: FreeSpace;
  /** A server that is silent for this long has failed, in milliseconds. */
  readonly silence?: number;
}

const SILENCE = 8_000;
/** A connection that breaks is opened again; this many times in a row without a single new byte is enough. */
const ATTEMPTS = 3;

/** Bytes `begin` to `end` (exclusive) of the remote file, which belong at `position` of the partial file. */
interface Piece {
  readonly begin: number;
  readonly end: number;
  readonly position: number;
}

/**
 * A remote safetensors file of which only the convolutions are fetched, by HTTP Range: 59 of 553 MB. What arrives is
 * kept in a partial file, so that a broken connection, or a broken start, goes on where it stopped. The partial file is
 * removed as soon as it is complete, and also when its contents turn out wrong or the disk is full.
 */
export function rangeSource(
  { url, directory, space, silence = SILENCE }: RangeOptions,
  manifest: WeightsManifest,
): WeightsSource {
  return {
    name: url,
    async fetch(progress) {
      const header = await remoteHeader(url, silence);
      const names = manifest.layers.flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]);
      const plan = planPieces(header, names);
      const key = createHash('sha256')
        .update(url)
        .update(JSON.stringify([...header.entries]))
        .digest('hex')
        .slice(0, 8);
      const path = join(directory, `vgg16-${key}.partial`);
      let file: FileHandle | undefined;
      try {
        await mkdir(directory, { recursive: true });
        // Writes say where they go, so that even two processes that fetch at once leave the right bytes.
        file = await open(path, constants.O_RDWR | constants.O_CREAT);
        const partial = file;
        const missing = Math.max(0, plan.total - (await partial.stat()).size);
        await space.within(missing, () => download(url, plan, partial, silence, progress));
        const convolutions = fromSafetensors(await readTensors(file, plan), manifest);
        verified(convolutions, manifest);
        await rm(path, { force: true });
        return convolutions;
      } catch (cause) {
        if (!(cause instanceof ConnectionError)) await rm(path, { force: true });
        throw asStorageError(cause, directory);
      } finally {
        await file?.close();
      }
    },
  };
}

/** Which bytes are wanted, and where in the partial file each tensor will lie. */
interface Plan {
  readonly tensors: readonly { readonly name: string; readonly entry: TensorEntry; readonly position: number }[];
  readonly pieces: readonly Piece[];
  readonly total: number;
}

/** Tensors that lie side by side are one piece: one request. */
function planPieces(header: SafetensorsHeader & { readonly start: number }, names: readonly string[]): Plan {
  const wanted = names
    .map((name) => {
      const entry = header.entries.get(name);
      if (entry) return { name, entry };
      throw new EkphrasisError(ErrorCode.InvalidCheckpoint, `it has no tensor ${name}`);
    })
    .sort((a, b) => a.entry.begin - b.entry.begin);
  const tensors: Plan['tensors'][number][] = [];
  const pieces: Piece[] = [];
  let total = 0;
  for (const { name, entry } of wanted) {
    const last = pieces.at(-1);
    const begin = header.start + entry.begin;
    const end = header.start + entry.end;
    if (last?.end === begin) pieces[pieces.length - 1] = { ...last, end };
    else pieces.push({ begin, end, position: total });
    tensors.push({ name, entry, position: total });
    total += end - begin;
  }
  return { tensors, pieces, total };
}

async function remoteHeader(url: string, silence: number): Promise<SafetensorsHeader & { readonly start: number }> {
  const length = readHeaderLength(await fetchWhole(url, 0, 8, silence));
  // VGG16's whole header has 3 kB; a longer one is another file, or an attack on memory.
  if (length > 1_000_000) throw new EkphrasisError(ErrorCode.InvalidCheckpoint, 'its header is far too long for VGG16');
  const header = parseHeader(await fetchWhole(url, 8, 8 + length, silence));
  return { ...header, start: 8 + length };
}

async function fetchWhole(url: string, begin: number, end: number, silence: number): Promise<Uint8Array> {
  const bytes = Buffer.alloc(end - begin);
  const fill = async (done: number, advance: Advance) => {
    for await (const chunk of fetchRange(url, begin + done, end, silence)) {
      bytes.set(chunk, done);
      done += chunk.length;
      advance(done);
    }
  };
  await persistently(0, bytes.length, fill);
  return bytes;
}

type Advance = (done: number) => void;

/**
 * Calls `attempt` until `total` bytes are done. A connection may break as often as it likes, as long as bytes arrive in
 * between.
 */
async function persistently(
  start: number,
  total: number,
  attempt: (done: number, advance: Advance) => Promise<void>,
): Promise<void> {
  let done = start;
  let failures = 0;
  while (done < total) {
    const before = done;
    try {
      await attempt(done, (now) => {
        done = now;
      });
    } catch (cause) {
      if (!(cause instanceof ConnectionError)) throw cause;
      failures = done > before ? 0 : failures + 1;
      if (failures >= ATTEMPTS) throw cause;
    }
  }
}

async function download(url: string, plan: Plan, file: FileHandle, silence: number, progress: Progress): Promise<void> {
  const start = Math.min((await file.stat()).size, plan.total);
  progress(start, plan.total);
  await persistently(start, plan.total, async (done, advance) => {
    for await (const chunk of remaining(url, plan, done, silence)) {
      await file.writev([chunk], done);
      done += chunk.length;
      advance(done);
      progress(done, plan.total);
    }
  });
}

async function* remaining(url: string, { pieces }: Plan, done: number, silence: number): AsyncGenerator<Uint8Array> {
  for (const { begin, end, position } of pieces) {
    const skipped = Math.max(0, done - position);
    if (skipped < end - begin) yield* fetchRange(url, begin + skipped, end, silence);
  }
}

async function readTensors(file: FileHandle, { tensors, total }: Plan): Promise<Map<string, StoredTensor>> {
  const bytes = Buffer.alloc(total);
  await file.read(bytes, 0, total, 0);
  return new Map(
    tensors.map(({ name, entry, position }) => [
      name,
      toTensor(entry, bytes.subarray(position, position + entry.end - entry.begin)),
    ]),
  );
}
