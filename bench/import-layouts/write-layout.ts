/** A folder with photos in one of the layouts. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LAYOUTS, type Photo } from '../../test/datasets/layouts.js';

/** @param links paths of the photos below `source`; they become links */
export async function writeLayout(
  folder: string,
  layout: string,
  photos: readonly Photo[],
  source: string,
  links: readonly string[],
): Promise<void> {
  await mkdir(join(folder, 'Images'), { recursive: true });
  // Texts beside photos lie where the photos do.
  const at = layout === 'beside' ? folder : join(folder, 'Images');
  for (const path of links) await symlink(resolve(source, path), join(at, basename(path)));
  for (const [name, text] of Object.entries(LAYOUTS[layout]?.(photos, { lineEnd: '\n', separator: ',' }) ?? {})) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
