/** Folders of photos for tests of libraries. */
import { mkdir, mkdtemp, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { picture } from '../collection/seeing.js';

/** Before any scan of the test: a photo that was changed a moment ago may still be being written. */
const LONG_AGO = new Date('2024-05-01T10:00:00Z');

export interface LibraryFolder {
  /** A real path. */
  readonly root: string;
  /** Writes a file of the library that was last changed in 2024, or a number of seconds later. */
  write(path: string, content: Uint8Array | string, later?: number): Promise<void>;
  /** The same with a small picture, another for every number. */
  draw(path: string, seed: number): Promise<void>;
  remove(): Promise<void>;
}

export async function makeLibraryFolder(): Promise<LibraryFolder> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'ekphrasis-library-')));
  const write = async (path: string, content: Uint8Array | string, later = 0) => {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    const time = new Date(LONG_AGO.getTime() + later * 1000);
    await utimes(file, time, time);
  };
  return {
    root,
    write,
    draw: async (path, seed) => write(path, await picture(seed)),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
