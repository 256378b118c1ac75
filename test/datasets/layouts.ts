/** Writes a data set in each of the formats that are read, for tests and measurements that read it back. */
import type { Split } from '../../src/splits.js';

export interface Photo {
  readonly path: string;
  readonly split: Split;
  readonly captions: readonly string[];
}

export interface Style {
  readonly lineEnd: string;
  readonly separator: string;
  /** Whether cells are quoted that need not be. */
  readonly quoteAll?: boolean;
}

/** Layouts that can hold a line end inside a caption. */
export const MULTILINE: ReadonlySet<string> = new Set([
  'kaggle',
  'table',
  'imagefolder',
  'karpathy',
  'coco',
  'flickr30k',
]);

const SPLIT_WORDS: Readonly<Record<Split, string>> = { train: 'train', dev: 'val', test: 'test' };

function quoted(field: string, separator: string, { quoteAll = false }: Style): string {
  return quoteAll || /["\r\n]/.test(field) || field.includes(separator) ? `"${field.replaceAll('"', '""')}"` : field;
}

function lists(photos: readonly Photo[], { lineEnd }: Style): Record<string, string> {
  const splits = ['train', 'dev', 'test'] as const;
  return Object.fromEntries(
    splits.flatMap((split) => {
      const own = photos.filter((photo) => photo.split === split).map(({ path }) => path);
      return own.length > 0 ? [[`the ${split} photos.txt`, own.join(lineEnd) + lineEnd]] : [];
    }),
  );
}

/** Files of a layout, by name. */
export const LAYOUTS: Readonly<Record<string, (photos: readonly Photo[], style: Style) => Record<string, string>>> = {
  flickr8k: (photos, style) => ({
    'any.token': photos
      .flatMap(({ path, captions }) => captions.map((caption, index) => `${path}#${index}\t${caption}${style.lineEnd}`))
      .join(''),
    ...lists(photos, style),
  }),
  kaggle: (photos, style) => ({
    'words.csv': [
      'image,caption',
      ...photos.flatMap(({ path, captions }) =>
        captions.map((caption) => `${quoted(path, ',', style)},${quoted(caption, ',', style)}`),
      ),
    ].join(style.lineEnd),
    ...lists(photos, style),
  }),
  table: (photos, style) => ({
    'words.data': [
      ['split', 'filename', 'description'].join(style.separator),
      ...photos.flatMap(({ path, split, captions }) =>
        captions.map((caption) =>
          [SPLIT_WORDS[split], quoted(path, style.separator, style), quoted(caption, style.separator, style)].join(
            style.separator,
          ),
        ),
      ),
    ].join(style.lineEnd),
  }),
  imagefolder: (photos, { lineEnd }) => ({
    'metadata.jsonl': photos
      .map(({ path, split, captions }) =>
        JSON.stringify({ file_name: path, text: captions, split: SPLIT_WORDS[split] }),
      )
      .join(lineEnd),
  }),
  karpathy: (photos) => ({
    'words.json': JSON.stringify({
      images: photos.map(({ path, split, captions }) => ({
        filename: path,
        split: SPLIT_WORDS[split],
        sentences: captions.map((raw) => ({ raw })),
      })),
    }),
  }),
  coco: (photos) =>
    Object.fromEntries(
      (['train', 'dev', 'test'] as const).flatMap((split) => {
        const own = photos.filter((photo) => photo.split === split);
        const images = own.map(({ path }, id) => ({ id, file_name: path }));
        const annotations = own.flatMap(({ captions }, id) => captions.map((caption) => ({ image_id: id, caption })));
        return own.length > 0 ? [[`words-${SPLIT_WORDS[split]}.json`, JSON.stringify({ images, annotations })]] : [];
      }),
    ),
  flickr30k: (photos, style) => ({
    'all.csv': [
      'image_name| comment_number| comment',
      ...photos.flatMap(({ path, captions }) =>
        captions.map((caption, index) => `${path}| ${index}| ${quoted(caption, '|', style)}`),
      ),
    ].join(style.lineEnd),
    ...lists(photos, style),
  }),
  beside: (photos, style) => ({
    ...Object.fromEntries(
      photos.map(({ path, captions }) => [path.replace(/\.jpg$/, '.txt'), captions.join(style.lineEnd)]),
    ),
    ...lists(photos, style),
  }),
};
