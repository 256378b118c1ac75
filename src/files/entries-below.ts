import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Everything below a folder, one at a time, a folder before what is in it; links are not followed. (Node's own way,
 * `recursive`, left out most of it: 170 of 1240, version 20.20.)
 *
 * @throws what `opendir` throws
 */
export async function* entriesBelow(folder: string): AsyncGenerator<Dirent> {
  for await (const entry of await opendir(folder)) {
    yield entry;
    if (entry.isDirectory()) yield* entriesBelow(join(folder, entry.name));
  }
}
