/** The splits as people write them. */
import type { Split } from '../splits.js';

const SPLITS: ReadonlyMap<string, Split> = new Map<string, Split>([
  ['train', 'train'],
  ['training', 'train'],
  ['restval', 'train'],
  ['val', 'dev'],
  ['valid', 'dev'],
  ['validation', 'dev'],
  ['dev', 'dev'],
  ['development', 'dev'],
  ['test', 'test'],
  ['testing', 'test'],
]);

/** What a cell says, such as `val`; Karpathy's `restval` is what his own work trained on as well. */
export function splitOfWord(word: string): Split | undefined {
  return SPLITS.get(word.trim().toLowerCase());
}

/** What a file's name says, such as `Flickr_8k.trainImages.txt` and `captions_val2017.json`. */
export function splitOfName(name: string): Split | undefined {
  const words = name.match(/\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})/gu) ?? [];
  const found = words.map(
    (word) =>
      splitOfWord(word) ??
      splitOfWord(word.toLowerCase().replace(/(images?|imgs?|set|split|list|ids?|names?|files?)$/, '')),
  );
  return found.find((split) => split !== undefined);
}

/** What the innermost folder that says it says, such as `train2017` and `validation`. */
export function splitOfFolders(path: string): Split | undefined {
  const folders = path.split('/').slice(0, -1).reverse();
  return folders
    .map((folder) => splitOfWord(folder.replace(/[-_ ]?\d{0,4}$/, '')))
    .find((split) => split !== undefined);
}
