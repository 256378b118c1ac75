/**
 * Which folders a client of the API may have imported: those below one folder that the operator names, and no others.
 */
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sceneLanguageOf } from './scenes.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { isBelow } from '../files/is-below.js';

/**
 * The folder a client asks for.
 *
 * @param path `scenes`, `scenes-de`, `scenes-zh`, or a folder, relative to `root`
 * @param root IMPORT_ROOT; undefined where it is not set
 * @throws BAD_USER_INPUT
 */
export function allowedPath(path: string, root: string | undefined): string {
  if (sceneLanguageOf(path)) return path;
  if (root === undefined) {
    const message =
      'This server imports no folders for clients. Its operator can allow those below one folder with IMPORT_ROOT, or import on the command line: ekphrasis import DIR.';
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  const folder = resolve(root, path);
  if (path === '' || path.includes('\0') || !isBelow(folder, root)) throw outside(path);
  return folder;
}

/** @throws BAD_USER_INPUT when a folder lies, by way of links, outside of the one it must lie in */
export async function checkRealPath(path: string, root: string): Promise<void> {
  if (sceneLanguageOf(path)) return;
  const [folder, limit] = await Promise.all([path, root].map((name) => realpath(name).catch(() => name)));
  if (folder === undefined || limit === undefined || !isBelow(folder, limit)) throw outside(path);
}

function outside(path: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.BadInput, `${path} does not lie in the folder that this server imports from.`);
}
