/**
 * Words of captions. Training, captioning, searching and scoring all use these rules, each model and each figure that
 * of its version.
 */
import { z } from 'zod';
import { foldText } from './folding.js';

/**
 * 1: accents folded to ASCII (NFKD), then runs of a-z and 0-9; other letters end a word. Models and figures made before
 * there was another have it. 2: letters, marks and numbers of all scripts. Of a text of ASCII both give the same.
 */
export const tokeniserVersionSchema = z.union([z.literal(1), z.literal(2)]);
export type TokeniserVersion = z.infer<typeof tokeniserVersionSchema>;

/** What models and figures are made with now. */
export const TOKENISER: TokeniserVersion = 2;

/** Letters of scripts that are written without blanks between words. */
const UNSPACED = String.raw`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmr}\p{scx=Mymr}]`;
const IN_UNSPACED = String.raw`(?:(?=${UNSPACED})[\p{L}\p{M}\p{Nl}])`;
const OTHER = String.raw`(?:(?!${IN_UNSPACED})[\p{L}\p{M}\p{N}])`;
/** Of Ukrainian and Belarusian, where it is a sign of the word's sound: п'ять. That of l'eau parts two words. */
const APOSTROPHE = String.raw`(?<=\p{Script=Cyrillic})['’](?=\p{Script=Cyrillic})`;
/** A run of such scripts, or a word of others. */
const RUN = new RegExp(`(?<unspaced>${IN_UNSPACED}+)|${OTHER}+(?:${APOSTROPHE}${OTHER}+)*`, 'gu');
const WORD = /[\p{L}\p{N}]/u;
const ENDS_UNSPACED = new RegExp(`${IN_UNSPACED}$`, 'u');
const BEGINS_UNSPACED = new RegExp(`^${IN_UNSPACED}`, 'u');

/** Its dictionaries come with ICU: another version of Node.js may divide a text of these scripts in other places. */
const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** Words of a text, in lower case and folded. Punctuation is no word. */
export function tokenise(text: string, version: TokeniserVersion = TOKENISER): string[] {
  if (version === 1)
    return (
      text
        .normalize('NFKD')
        .replace(/\p{Mark}/gu, '')
        .toLowerCase()
        .match(/[a-z0-9]+/g) ?? []
    );
  return [...foldText(text).matchAll(RUN)].flatMap(({ 0: run, groups }) => {
    const words =
      groups?.unspaced === undefined
        ? [run.replaceAll('’', "'")]
        : Array.from(segmenter.segment(run), ({ segment }) => segment);
    return words.filter((word) => WORD.test(word));
  });
}

/** Whether a text has words that only a dictionary tells apart. */
export function isSegmented(words: readonly string[]): boolean {
  return words.some((word) => BEGINS_UNSPACED.test(word));
}

/** Whether there is a word in a text: what has none, such as "..." or an emoji, describes nothing. */
export function hasWords(text: string): boolean {
  return tokenise(text).length > 0;
}

/** Words as people write them: with blanks between them, but not where both words are of a script without. */
export function joinWords(words: readonly string[]): string {
  return words.reduce((text, word) => {
    const joined = text === '' || (ENDS_UNSPACED.test(text) && BEGINS_UNSPACED.test(word));
    return joined ? text + word : `${text} ${word}`;
  }, '');
}
