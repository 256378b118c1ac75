import { isAbsolute, relative, sep } from 'node:path';

/** Whether a file or folder is a folder, or lies in it, by their absolute paths: links are followed by who asks. */
export function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
