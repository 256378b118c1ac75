/**
 * The words of captions and of searches, folded alike. Postgres stems and ranks them; what a word is it is not asked,
 * for its parser takes `lynx.The` for a host and `black/white` for a path, and knows no word of a script without
 * blanks.
 */
import { foldText } from '../language/folding.js';

/**
 * Scripts without blanks between words: each character is a word, and those in a row are a phrase, which finds every
 * word.
 */
const UNSPACED = String.raw`[\p{Script=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`;
const SPACED = String.raw`(?:(?!${UNSPACED})[\p{L}\p{M}\p{N}])+`;
const UNSPACED_WORD = String.raw`(?:(?=\p{L}|\p{N})${UNSPACED}\p{M}*)`;
/**
 * A number with a fraction, a character of a script without blanks, or letters and numbers joined by hyphens and
 * apostrophes.
 */
const WORD = new RegExp(
  String.raw`(?<![\p{L}\p{N}])\d+(?:\.\d+)+(?![\p{L}\p{N}])|${UNSPACED_WORD}|${SPACED}(?:['’‐‑-]${SPACED})*`,
  'gu',
);
/** Of a search: quotes, a minus that leads a word, characters in a row of scripts without blanks, words. */
const QUERY_PART = new RegExp(String.raw`"|(?<=^|[\s"])-|${UNSPACED_WORD}+|${WORD.source}`, 'gu');
/** Parts of a word: what is letters, and what joins them. */
const PART = /[\p{L}\p{M}\p{N}.]+|['’‐‑-]/gu;
const IS_UNSPACED = new RegExp(`^${UNSPACED}`, 'u');

/** @returns the words of a caption as they are searched, between blanks */
export function searchText(text: string): string {
  return (text.match(WORD) ?? []).map(foldWord).join(' ');
}

/**
 * What a person types, for `websearch_to_tsquery`: its words folded, quotes, `or` and minus as they stand. A comma or a
 * slash parts words; characters of a script without blanks that stand in a row are one phrase.
 */
export function searchQuery(typed: string): string {
  let isQuoted = false;
  return (typed.match(QUERY_PART) ?? [])
    .map((part) => {
      if (part === '-') return part;
      if (part === '"') isQuoted = !isQuoted;
      const folded = part === '"' ? part : searchText(part);
      return `${isUnspaced(part) && !isQuoted ? `"${folded}"` : folded} `;
    })
    .join('')
    .trim();
}

/** @returns whether its script has no blanks between words */
export function isUnspaced(word: string): boolean {
  return IS_UNSPACED.test(word);
}

/** A piece of a caption with what stands for it in the text that is searched. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly folded: string;
}

/**
 * Marks in a caption what is marked in its folded words, though folding changed their lengths.
 *
 * @param marked `searchText` of the caption with `start` and `end` around what matches
 * @returns the caption with these marks around the same words
 */
export function markOriginal(text: string, marked: string, start: string, end: string): string {
  let [place, within] = [0, false];
  const matches: Piece[] = [];
  for (const piece of piecesOf(text)) {
    let matched = false;
    for (let left = piece.folded.length; left > 0 && place < marked.length; place += 1) {
      const character = marked[place];
      if (character === start) within = true;
      else if (character === end) within = false;
      else if (character !== ' ') {
        matched ||= within;
        left -= 1;
      }
    }
    const last = matches.at(-1);
    if (!matched) continue;
    // Characters of a script without blanks, and a word with its hyphens, are one match.
    if (last?.end === piece.start) matches[matches.length - 1] = { ...piece, start: last.start };
    else matches.push(piece);
  }
  return matches.reduceRight(
    (whole, { start: from, end: to }) =>
      `${whole.slice(0, from)}${start}${whole.slice(from, to)}${end}${whole.slice(to)}`,
    text,
  );
}

function piecesOf(text: string): Piece[] {
  return [...text.matchAll(WORD)].flatMap(({ 0: word, index }) =>
    [...word.matchAll(PART)].map(({ 0: part, index: within }) => ({
      start: index + within,
      end: index + within + part.length,
      folded: foldWord(part),
    })),
  );
}

function foldWord(word: string): string {
  return foldText(word).replaceAll('’', "'").replaceAll(/[‐‑]/gu, '-').replaceAll(/\s/gu, '');
}
