/** Places for photos below one folder, each its own. */
import { join, sep } from 'node:path';

/**
 * A path below the folder that no other photo has, whatever is in the name: of two of one name, the second is
 * `name-2.jpg`.
 *
 * @param taken those given out so far, which it adds to
 */
export function freePath(folder: string, name: string, taken: Set<string>): string {
  const safe = name
    .split(/[/\\]/u)
    .filter((part) => part !== '..' && part !== '.' && part !== '')
    .join(sep);
  const stem = safe.replace(/(\.[^./\\]*)?$/u, '');
  const extension = safe.slice(stem.length);
  for (let number = 1; ; number += 1) {
    const path = number === 1 ? safe : `${stem}-${number}${extension}`;
    // Other systems take names of different case for the same.
    const key = join(folder, path).toLowerCase();
    if (taken.has(key)) continue;
    taken.add(key);
    return join(folder, path);
  }
}
