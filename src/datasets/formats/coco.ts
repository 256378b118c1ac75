/** COCO's caption annotations (Chen et al. 2015, arXiv:1504.00325): one or several JSON files beside folders of photos. */
import { addBadLine, type Annotation, type Reader } from '../reader.js';
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

function readFile(file: TextFile, { images, annotations }: Lists, problems: Parameters<typeof addBadLine>[0]): Annotation[] {
  const split = splitOfName(file.name);
  const names = new Map<string, string>();
  const listed = images.flatMap((image, index): Annotation[] => {
    const { id, file_name: name } = membersOf(image) ?? {};
    const known = idOf(id);
    const place = `image ${index + 1} of ${file.path}`;
    if (known === undefined || typeof name !== 'string') {
      addBadLine(problems, place);
      return [];
    }
    names.set(known, name);
    return [{ photo: name, captions: [], split, file, place }];
  });
  const captioned = annotations.flatMap((annotation, index): Annotation[] => {
    const { id, image_id: image, caption } = membersOf(annotation) ?? {};
    const place = `annotation ${idOf(id) ?? `number ${index + 1}`} of ${file.path}`;
    const photo = names.get(idOf(image) ?? '');
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
  read: (files, { problems }) =>
    files.flatMap((file) => {
      const lists = listsOf(file);
      return lists ? readFile(file, lists, problems) : [];
    }),
};
