/** Libraries drawn by the program. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** Files of a folder, about as many as people have of one day. */
const A_FOLDER = 200;

/**
 * Writes small photos, each of other bytes: one of a few hundred pictures with a number behind its end, where every
 * decoder ignores it. They are as old as the library is.
 *
 * @returns their paths below the root, and how many bytes they have together
 */
export async function drawLibrary(root: string, count: number): Promise<{ paths: string[]; bytes: number }> {
  const pictures = await Promise.all(
    Array.from({ length: Math.min(count, 256) }, (_, index) =>
      sharp({
        create: {
          width: 320,
          height: 240,
          channels: 3,
          background: { r: index, g: (index * 7) % 256, b: (index * 31) % 256 },
          noise: { type: 'gaussian', mean: 128, sigma: 12 },
        },
      })
        .jpeg({ quality: 60 })
        .toBuffer(),
    ),
  );
  const paths: string[] = [];
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    const folder = String(Math.floor(index / A_FOLDER)).padStart(4, '0');
    if (index % A_FOLDER === 0) await mkdir(join(root, folder), { recursive: true });
    const path = `${folder}/${index}.jpg`;
    const picture = pictures[index % pictures.length] ?? Buffer.alloc(0);
    const content = Buffer.concat([picture, Buffer.from(String(index).padStart(8, '0'))]);
    await writeFile(join(root, path), content);
    paths.push(path);
    bytes += content.length;
  }
  return { paths, bytes };
}
