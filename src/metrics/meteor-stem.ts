import { stemmer } from 'stemmer';
import { meanMetric } from './metric.js';
import type { Tokens } from './ngrams.js';
import { checkCorpus } from './ngrams.js';

/** Recall counts nine times as much as precision. */
const ALPHA = 0.9;
/** How steeply the penalty grows with the number of chunks. */
const BETA = 3;
/** The highest penalty. */
const GAMMA = 0.5;

/**
 * METEOR without synonyms: words match that are equal, or whose Porter stems are. Formula and parameters are those of
 * Banerjee & Lavie 2005 (sections 2.2 and 2.3), the alignment is NLTK's: from the last word to the first, each takes
 * the last free one of the reference. Of an image's references the best counts. It is not comparable with METEOR 1.5 of
 * the papers, which knows synonyms and paraphrases and has parameters of its own.
 *
 * @returns the corpus mean and each image's score, 0..1
 * @throws RangeError when an image lacks a candidate or references
 */
export function meteorStem(
  candidates: readonly Tokens[],
  references: readonly (readonly Tokens[])[],
): { score: number; perImage: Float64Array } {
  checkCorpus(candidates, references);
  const stems = new Stems();
  const perImage = Float64Array.from(candidates, (candidate, index) =>
    Math.max(...(references[index] ?? []).map((reference) => scoreOf(candidate, reference, stems))),
  );
  return { score: perImage.reduce((sum, value) => sum + value, 0) / Math.max(1, perImage.length), perImage };
}

/** A place in the candidate, and the one in the reference that it is aligned with. */
type Pair = readonly [candidate: number, reference: number];

function scoreOf(candidate: Tokens, reference: Tokens, stems: Stems): number {
  const exact = align(candidate, reference, []);
  const pairs = align(stems.of(candidate), stems.of(reference), exact).sort(([a], [b]) => a - b);
  if (pairs.length === 0) return 0;
  const precision = pairs.length / candidate.length;
  const recall = pairs.length / reference.length;
  const mean = (precision * recall) / (ALPHA * precision + (1 - ALPHA) * recall);
  return mean * (1 - GAMMA * (countChunks(pairs) / pairs.length) ** BETA);
}

/** Adds pairs of equal words to an alignment, each place in at most one pair. */
function align(candidate: Tokens, reference: Tokens, pairs: readonly Pair[]): Pair[] {
  const free = new Map<string, number[]>();
  const taken = new Set(pairs.map(([, place]) => place));
  reference.forEach((word, place) => {
    if (!taken.has(place)) free.set(word, [...(free.get(word) ?? []), place]);
  });
  const aligned = new Set(pairs.map(([place]) => place));
  const added = candidate.flatMap((_, fromEnd): Pair[] => {
    const place = candidate.length - 1 - fromEnd;
    if (aligned.has(place)) return [];
    const found = free.get(candidate[place] ?? '')?.pop();
    return found === undefined ? [] : [[place, found]];
  });
  return [...pairs, ...added];
}

/** Runs of words that stand side by side in both. */
function countChunks(pairs: readonly Pair[]): number {
  return pairs.filter(([candidate, reference], index) => {
    const before = pairs[index - 1];
    return !before || candidate !== before[0] + 1 || reference !== before[1] + 1;
  }).length;
}

/** Captions say the same words again and again: each is stemmed once. */
class Stems {
  private readonly known = new Map<string, string>();

  of(words: Tokens): string[] {
    return words.map((word) => {
      const stem = this.known.get(word) ?? stemmer(word);
      this.known.set(word, stem);
      return stem;
    });
  }
}

export const METEOR_STEM =
  'METEOR without synonyms: equal words and equal stems match, as in NLTK without WordNet; 0 to 1. Not comparable with METEOR 1.5.';

export const meteorStemMetric = meanMetric({
  key: 'meteorStem',
  name: 'METEOR without synonyms',
  description: METEOR_STEM,
  highest: 1,
  perCaption: (candidates, references) => meteorStem(candidates, references).perImage,
});
