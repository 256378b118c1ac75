/** Words of a search that no caption has, and the words of captions that were probably meant. */
import type { CaptionSearch } from '../store/caption-search.js';

export interface Correction {
  /** As it was typed. */
  readonly word: string;
  /** What is searched for instead. */
  readonly replacement: string;
}

export interface SpelledText {
  /** The text with its words replaced; quotes, `or` and minus stand as they stood. */
  readonly text: string;
  readonly corrections: readonly Correction[];
  /** Words that no caption has and that are like none that one has. */
  readonly unknownWords: readonly string[];
}

/** Shorter words have too many neighbours. */
const SHORTEST = 3;
const LONGEST = 40;
/** Words that are looked at more closely, of those equally near. */
const CANDIDATES = 50;
/** Captions of a word that are counted. */
const COUNTED = 1000;

/**
 * Replaces the words that no caption has in any form by the nearest that one has: nearest by optimal string alignment
 * distance (insertions, deletions, substitutions, neighbours exchanged), at most one for words up to five letters and two
 * for longer ones, as Elasticsearch's fuzziness AUTO; among equals one with the same first letter, then the more frequent.
 */
export async function correctSpelling(text: string, captions: Pick<CaptionSearch, 'wordUse' | 'vocabulary' | 'frequencies'>): Promise<SpelledText> {
  const words = [...new Set(wordsOf(text))];
  if (words.length === 0) return { text, corrections: [], unknownWords: [] };
  const missing = (await captions.wordUse(words)).filter(({ counts, found }) => counts && !found).map(({ word }) => word);
  const corrections: Correction[] = [];
  for (const word of missing) {
    const replacement = await nearestWord(word, captions);
    if (replacement !== undefined) corrections.push({ word, replacement });
  }
  const unknownWords = missing.filter((word) => !corrections.some((correction) => correction.word === word));
  return { text: replaceWords(text, corrections), corrections, unknownWords };
}

/** @returns the text with its words replaced, everything else as it stood */
export function replaceWords(text: string, corrections: readonly Correction[]): string {
  const replacements = new Map(corrections.map(({ word, replacement }) => [word, replacement]));
  return text.replaceAll(WORD, (typed) => replacements.get(typed.toLowerCase()) ?? typed);
}

const WORD = /\p{L}+/gu;

function wordsOf(text: string): string[] {
  const words = (text.match(WORD) ?? []).map((word) => word.toLowerCase());
  return words.filter(({ length }) => length >= SHORTEST && length <= LONGEST);
}

async function nearestWord(word: string, captions: Pick<CaptionSearch, 'vocabulary' | 'frequencies'>): Promise<string | undefined> {
  const most = word.length <= 5 ? 1 : 2;
  const vocabulary = await captions.vocabulary(Math.max(SHORTEST, word.length - most), word.length + most);
  const near = vocabulary
    .map((candidate) => ({ candidate, distance: alignmentDistance(word, candidate), otherStart: candidate[0] === word[0] ? 0 : 1 }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance || a.otherStart - b.otherStart)
    .slice(0, CANDIDATES);
  const frequencies = await captions.frequencies(near.map(({ candidate }) => candidate), COUNTED);
  const found = near.flatMap((entry) => ({ ...entry, frequency: frequencies.get(entry.candidate) ?? 0 })).filter(({ frequency }) => frequency > 0);
  const [best] = found.sort((a, b) => a.distance - b.distance || a.otherStart - b.otherStart || b.frequency - a.frequency);
  return best?.candidate;
}

/** Optimal string alignment distance: each exchange of neighbours counts once, and what was exchanged is not edited again. */
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
