/** Formats that are tables with a row for each caption. */
import type { Annotation, Reader, Reading } from '../reader.js';
import { annotationsIn, guessTable, namedTable, type Placed } from '../columns.js';
import type { TextFile } from '../text-files.js';

function tableReader(id: string, name: string, find: (file: TextFile, reading: Reading) => Placed | undefined): Reader {
  return {
    id,
    name,
    recognise: (files, reading) => files.filter((file) => find(file, reading) !== undefined),
    read: (files, reading) =>
      files.flatMap((file): Annotation[] => {
        const table = find(file, reading);
        return table ? annotationsIn(file, table, reading) : [];
      }),
  };
}

function header({ table, file, caption }: Placed): { readonly file: string; readonly caption: string } {
  const [photo = '', text = ''] = [file, caption].map((column) => table.columns[column]?.toLowerCase());
  return { file: photo, caption: text };
}

/** Kaggle's copies of Flickr8k and Flickr30k: `image,caption`. */
export const kaggle = tableReader('kaggle', "Kaggle's CSV (first line image,caption)", (file) => {
  const found = guessTable(file);
  if (found?.table.separator !== ',' || found.table.columns.length !== 2) return undefined;
  const { file: photo, caption } = header(found);
  return photo === 'image' && caption === 'caption' ? found : undefined;
});

/**
 * Hugging Face's image folder: `metadata.csv` or `metadata.jsonl` with a column `file_name`, its paths relative to the
 * file.
 */
export const imageFolder = tableReader(
  'imagefolder',
  "Hugging Face's image folder (metadata with file_name)",
  (file) => {
    const found = guessTable(file);
    return found && header(found).file === 'file_name' ? found : undefined;
  },
);

/** Any other table whose columns are known by their headers, or were named by a person. */
export const table = tableReader('table', 'Table', (file, { columns }) =>
  columns ? namedTable(file, columns) : guessTable(file),
);

/** Flickr30k's `results.csv`: `image_name| comment_number| comment`. */
export const flickr30kTable = tableReader('flickr30k', "Flickr30k's results.csv", (file) => {
  const found = guessTable(file);
  if (found?.table.separator !== '|') return undefined;
  const { file: photo, caption } = header(found);
  return photo === 'image_name' && caption === 'comment' ? found : undefined;
});
