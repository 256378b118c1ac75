/**
 * COCO's caption annotations (Chen et al. 2015, arXiv:1504.00325): one or several JSON files beside folders of photos.
 */
import type { PhotoIndex } from '../photo-index.js';
import { amount } from '../problems.js';
import { addBadLine, type Annotation, type Reader, type Reading } from '../reader.js';
import { splitOfName } from '../split-names.js';
import { membersOf, type TextFile } from '../text-files.js';

interface Lists {
  readonly images: readonly unknown[];
  readonly annotations: readonly unknown[];
}

/** The file's two lists. Those of objects and key points have the same two, and no captions. */
function listsOf(file: TextFile): Lists | undefined {
  // Before it is parsed: COCO's other files have 500 MB.
  if (!file.text.includes('"annotations"') || !file.text.includes('"images"')) return undefined;
  if (!file.text.includes('"caption"') && !/"annotations"\s*:\s*\[\s*\]/.test(file.text)) return undefined;
  const { images, annotations } = membersOf(file.json) ?? {};
  return Array.isArray(images) && Array.isArray(annotations) ? { images, annotations } : undefined;
}

function idOf(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined;
}

/**
 * `coco_url` and `flickr_url` end in the photo's name; the former has its folder before it, which tells two photos of
 * one name apart.
 */
function nameOf(image: Readonly<Record<string, unknown>>, file: TextFile, photos: PhotoIndex): string | undefined {
  const { file_name: name, coco_url: address } = image;
  if (typeof name !== 'string') return undefined;
  const longer = typeof address === 'string' ? /[^/]+\/[^/]+$/.exec(address)?.[0] : undefined;
  return longer?.endsWith(`/${name}`) && photos.find(name, file) === 'ambiguous' ? longer : name;
}

/** The names of a file's photos by their ids. An id of two photos is none. */
class Names {
  private readonly byId = new Map<string, string | null>();
  private readonly byNumber = new Map<string, string | null>();

  add(id: string, name: string): void {
    for (const [names, key] of [
      [this.byId, id],
      [this.byNumber, withoutZeros(id)],
    ] as const) {
      const known = names.get(key);
      names.set(key, known === undefined || known === name ? name : null);
    }
  }

  isDouble(id: string): boolean {
    return this.byId.get(id) === null;
  }

  /** Also of an id that is `000042` here and 42 there. */
  get(id: string): string | undefined {
    return this.byId.get(id) ?? this.byNumber.get(withoutZeros(id)) ?? undefined;
  }
}

function withoutZeros(id: string): string {
  return id.replace(/^0+(?=\d+$)/, '');
}

function readFile(file: TextFile, { images, annotations }: Lists, { photos, problems }: Reading): Annotation[] {
  const split = splitOfName(file.name);
  const names = new Names();
  const listed = images.flatMap((value, index): Annotation[] => {
    const image = membersOf(value) ?? {};
    const id = idOf(image.id);
    const photo = nameOf(image, file, photos);
    const place = `image ${index + 1} of ${file.path}`;
    if (id === undefined || photo === undefined) {
      addBadLine(problems, place);
      return [];
    }
    names.add(id, photo);
    return [{ photo, captions: [], split, file, place }];
  });
  const captioned = annotations.flatMap((annotation, index): Annotation[] => {
    const { id, image_id: image, caption } = membersOf(annotation) ?? {};
    const place = `annotation ${idOf(id) ?? `number ${index + 1}`} of ${file.path}`;
    const imageId = idOf(image) ?? '';
    if (names.isDouble(imageId)) {
      problems.add(
        'id of two photos',
        (count) =>
          `${amount(count, 'caption is', 'captions are')} of an id that several photos have, and ${count === 1 ? 'was' : 'were'} left out`,
        place,
      );
      return [];
    }
    const photo = names.get(imageId);
    if (typeof caption !== 'string' || photo === undefined) {
      addBadLine(problems, place);
      return [];
    }
    return [{ photo, captions: [caption], split, file, place }];
  });
  return [...listed, ...captioned];
}

export const coco: Reader = {
  id: 'coco',
  name: "COCO's JSON",
  recognise: (files) => files.filter((file) => listsOf(file) !== undefined),
  read: (files, reading) =>
    files.flatMap((file) => {
      const lists = listsOf(file);
      return lists ? readFile(file, lists, reading) : [];
    }),
};
