import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder with package.json, where what comes with the program lies; the same from src, from dist and from a bench's
 * build.
 */
export const PROGRAM_FOLDER = folderAbove(dirname(fileURLToPath(import.meta.url)));

function folderAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json')) || folder === dirname(folder)) return folder;
  return folderAbove(dirname(folder));
}
