/** COCO's caption annotations (Chen et al. 2015, arXiv:1504.00325): `captions_train2017.json` and the like, beside folders of photos. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Dataset, Split } from './dataset.js';
import { isPhotoName, joinPhotos } from './files.js';

const annotationsSchema = z.object({
  images: z.array(z.object({ id: z.number(), file_name: z.string() })),
  annotations: z.array(z.object({ image_id: z.number(), caption: z.string() })),
});

export function isCocoFile(path: string): boolean {
  return /^captions_.*\.json$/.test(basename(path));
}

/** The split is what the annotation file's name says: train, val (our dev) or test. */
export async function openCoco(path: string, files: readonly string[]): Promise<Dataset> {
  const captions = new Map<string, string[]>();
  const splits = new Map<string, Split>();
  for (const file of files.filter(isCocoFile)) {
    const { images, annotations } = await readAnnotations(file);
    const names = new Map(images.map(({ id, file_name }) => [id, basename(file_name)]));
    const split = splitOf(file);
    for (const name of names.values()) {
      captions.set(name, captions.get(name) ?? []);
      if (split) splits.set(name, split);
    }
    for (const { image_id, caption } of annotations) captions.get(names.get(image_id) ?? '')?.push(caption.trim());
  }
  return joinPhotos('coco', path, files.filter(isPhotoName), { captions, splits }, []);
}

function splitOf(file: string): Split | undefined {
  const name = basename(file);
  if (name.includes('train')) return 'train';
  if (name.includes('val') || name.includes('dev')) return 'dev';
  return name.includes('test') ? 'test' : undefined;
}

async function readAnnotations(file: string): Promise<z.infer<typeof annotationsSchema>> {
  try {
    return annotationsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new EkphrasisError(ErrorCode.InvalidDataset, `${file} is not in COCO's format for captions.`, { cause });
  }
}
