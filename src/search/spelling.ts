/** Words of a search that no caption has, and the words of captions that were probably meant. */
import { foldText } from '../language/folding.js';
import type { CaptionSearch } from '../store/caption-search.js';
import { isUnspaced } from '../store/caption-words.js';

export interface Correction {
  /** As it was typed, in lower case. */
  readonly word: string;
  /** What is searched for instead. */
  readonly replacement: string;
}

export interface SpelledText {
  /** The text with its words replaced; quotes, `or` and minus stand as they stood. */
  readonly text: string;
  readonly corrections: readonly Correction[];
  /**
   * Words that no caption has and that were not replaced: the search model knows them, or they are like none that a
   * caption has.
   */
  readonly unknownWords: readonly string[];
}

/** Shorter words have too many neighbours. */
const SHORTEST = 3;
const LONGEST = 40;
/** Words that are looked at more closely, of those equally near. */
const CANDIDATES = 50;
/** Captions of a word that are counted. */
const COUNTED = 1000;

/** @returns whether a word means something to the search model */
export type KnowsWord = (word: string) => Promise<boolean>;

/**
 * Replaces the words that no caption has in any form, and that the search model does not know either, by the nearest
 * that one has: nearest by optimal string alignment distance (insertions, deletions, substitutions, neighbours
 * exchanged), at most one for words up to five letters and two for longer ones, as Elasticsearch's fuzziness AUTO;
 * among equals one with the same first letter, then the more frequent.
 */
export async function correctSpelling(
  text: string,
  captions: Pick<CaptionSearch, 'wordUse' | 'vocabulary' | 'frequencies'>,
  isKnown: KnowsWord = () => Promise.resolve(false),
): Promise<SpelledText> {
  const words = wordsOf(text);
  if (words.size === 0) return { text, corrections: [], unknownWords: [] };
  const missing = (await captions.wordUse([...words.keys()])).filter(({ counts, found }) => counts && !found);
  const corrections: Correction[] = [];
  const unknownWords: string[] = [];
  for (const { word: folded } of missing) {
    const word = words.get(folded) ?? folded;
    const replacement = (await isKnown(word)) ? undefined : await nearestWord(folded, captions);
    if (replacement === undefined) unknownWords.push(word);
    else corrections.push({ word, replacement });
  }
  return { text: replaceWords(text, corrections), corrections, unknownWords };
}

/** @returns the text with its words replaced, everything else as it stood */
export function replaceWords(text: string, corrections: readonly Correction[]): string {
  const replacements = new Map(corrections.map(({ word, replacement }) => [foldText(word), replacement]));
  return text.replaceAll(WORD, (typed) => replacements.get(foldText(typed)) ?? typed);
}

const WORD = /[\p{L}\p{M}]+/gu;

/** Words that may be misspelt, folded, each with how it was typed. Scripts without blanks between words have none. */
function wordsOf(text: string): Map<string, string> {
  const words = (text.match(WORD) ?? []).map((word): [string, string] => [foldText(word), word.toLowerCase()]);
  return new Map(words.filter(([word]) => word.length >= SHORTEST && word.length <= LONGEST && !isUnspaced(word)));
}

async function nearestWord(
  word: string,
  captions: Pick<CaptionSearch, 'vocabulary' | 'frequencies'>,
): Promise<string | undefined> {
  const most = word.length <= 5 ? 1 : 2;
  const vocabulary = await captions.vocabulary(Math.max(SHORTEST, word.length - most), word.length + most);
  const near = vocabulary
    .map((candidate) => ({
      candidate,
      distance: alignmentDistance(word, candidate),
      otherStart: candidate[0] === word[0] ? 0 : 1,
    }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance || a.otherStart - b.otherStart)
    .slice(0, CANDIDATES);
  const frequencies = await captions.frequencies(
    near.map(({ candidate }) => candidate),
    COUNTED,
  );
  const found = near
    .flatMap((entry) => ({ ...entry, frequency: frequencies.get(entry.candidate) ?? 0 }))
    .filter(({ frequency }) => frequency > 0);
  const [best] = found.sort(
    (a, b) => a.distance - b.distance || a.otherStart - b.otherStart || b.frequency - a.frequency,
  );
  return best?.candidate;
}

/**
 * Optimal string alignment distance: each exchange of neighbours counts once, and what was exchanged is not edited
 * again.
 */
export function alignmentDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substituted = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let least = Math.min(substituted, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(least);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
