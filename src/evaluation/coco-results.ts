/** Captions and references as pycocoevalcap and the COCO evaluation server read them. */

interface NamedCaption {
  readonly file: string;
  readonly caption: string;
}

/**
 * What stands for photos in COCO's files: the number in a name such as `COCO_val2014_000000391895.jpg` or `42.jpg`, else the name
 * without its extension, and the whole name where two photos would have the same.
 *
 * @param names of photos
 * @returns in their order
 */
function cocoIds(names: readonly string[]): (string | number)[] {
  const short = names.map(shortId);
  const counts = new Map<string | number, number>();
  for (const id of short) counts.set(id, (counts.get(id) ?? 0) + 1);
  return short.map((id, index) => ((counts.get(id) ?? 0) > 1 ? (names[index] ?? id) : id));
}

function shortId(name: string): string | number {
  const stem = name.replace(/\.[^./]*$/, '');
  const digits = /^(?:COCO_\w+_)?0*(\d+)$/.exec(stem)?.[1];
  return digits === undefined || !Number.isSafeInteger(Number(digits)) ? stem : Number(digits);
}

/** COCO's results, with the photo's name beside its id. */
export function cocoResults(captions: readonly NamedCaption[]): object[] {
  const ids = cocoIds(captions.map(({ file }) => file));
  return captions.map(({ file, caption }, index) => ({ image_id: ids[index], caption, file_name: file }));
}

/** COCO's annotations: what people wrote of photos, with the ids of `cocoResults`. */
export function cocoAnnotations(
  photos: readonly { readonly file: string; readonly references: readonly string[] }[],
): object {
  const ids = cocoIds(photos.map(({ file }) => file));
  const images = photos.map(({ file }, index) => ({ id: ids[index], file_name: file }));
  const annotations = photos.flatMap(({ references }, index) =>
    references.map((caption) => ({ image_id: ids[index], caption })),
  );
  return {
    info: { description: 'Reference captions, written by Ekphrasis' },
    licenses: [],
    type: 'captions',
    images,
    annotations: annotations.map((annotation, index) => ({ id: index + 1, ...annotation })),
  };
}
