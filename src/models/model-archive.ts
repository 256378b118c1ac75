/** Exported models as folders and as tar archives. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Parser, create, type ReadEntry } from 'tar';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import type { FreeSpace } from '../files/free-space.js';
import { storageFailure } from '../files/storage-failure.js';

/** What an exported model may have in all: far more than any has. */
const LARGEST = 2 * 2 ** 30;
const ARCHIVE = /\.(?:tar|tar\.gz|tgz)$/i;

export function isArchiveName(path: string): boolean {
  return ARCHIVE.test(path);
}

/**
 * Writes files as a folder, or as an archive where the path ends in .tar, .tar.gz or .tgz: whole, or not at all.
 *
 * @param files by their paths, with `/` between parts
 * @throws EkphrasisError CONFLICT where there is something at the path, STORAGE_FAILED
 */
export async function writeModelFiles(
  files: ReadonlyMap<string, Uint8Array>,
  path: string,
  space: FreeSpace,
): Promise<void> {
  const target = resolve(path);
  if (await isThere(target))
    throw new EkphrasisError(ErrorCode.Conflict, `${path} is there already: name another place, or move it.`);
  await mkdir(dirname(target), { recursive: true });
  const folder = await mkdtemp(`${target}.unfinished-`).catch((error: unknown) => {
    throw storageFailure(target, error);
  });
  try {
    for (const [name, bytes] of files) await writeFileAtomically(join(folder, name), bytes, { durable: false, space });
    if (isArchiveName(target)) {
      const archive = create({ cwd: folder, portable: true, gzip: !target.endsWith('.tar') }, [...files.keys()]);
      await writeFileAtomically(target, archive as AsyncIterable<Uint8Array>, { space });
    } else await rename(folder, target);
  } catch (error) {
    throw error instanceof EkphrasisError ? error : storageFailure(target, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The files of an exported model: of a folder, of an archive, or a checkpoint alone.
 *
 * @returns by their paths; undefined in place of a list where it is one file that is no archive
 * @throws EkphrasisError NOT_FOUND, INVALID_CHECKPOINT for an archive that is damaged
 */
export async function readModelFiles(path: string): Promise<ReadonlyMap<string, Uint8Array> | Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new EkphrasisError(ErrorCode.NotFound, `${path} does not exist.`);
  if (found.isDirectory()) return readFolder(path);
  if (found.size > LARGEST) throw tooLarge();
  return unpack(await readFile(path));
}

/** As `readModelFiles`, of a file's bytes. */
export async function unpack(bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array> | Uint8Array> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const isTar = Buffer.from(bytes.subarray(257, 262)).toString('latin1') === 'ustar';
  return isGzip || isTar ? readArchive(bytes) : bytes;
}

async function readFolder(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    total += (await stat(path)).size;
    if (total > LARGEST) throw tooLarge();
    files.set(relative(folder, path).split(sep).join('/'), await readFile(path));
  }
  return files;
}

function readArchive(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let total = 0;
  return new Promise((done, fail) => {
    const damaged = (cause: unknown) => {
      fail(
        cause instanceof EkphrasisError
          ? cause
          : new EkphrasisError(ErrorCode.InvalidCheckpoint, 'The archive is damaged: it cannot be read to its end.', {
              cause,
            }),
      );
    };
    const parser = new Parser({ strict: true });
    parser.on('entry', (entry: ReadEntry) => {
      const pieces: Buffer[] = [];
      entry.on('data', (piece: Buffer) => {
        total += piece.length;
        if (total > LARGEST) parser.abort(tooLarge());
        else pieces.push(piece);
      });
      entry.on('end', () => {
        if (entry.type === 'File') files.set(entry.path.replace(/^\.\//, ''), Buffer.concat(pieces));
      });
    });
    parser.on('error', damaged);
    parser.on('end', () => {
      done(files);
    });
    parser.end(Buffer.from(bytes));
  });
}

async function isThere(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !(found.isDirectory() && (await readdir(path)).length === 0);
}

function tooLarge(): EkphrasisError {
  return new EkphrasisError(ErrorCode.InvalidCheckpoint, 'The file is far larger than any model of Ekphrasis is.');
}
