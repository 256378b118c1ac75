/**
 * Chooses among the captions a search has found the one that the others agree with most, in place of the most probable:
 * minimum Bayes-risk decoding (Kumar & Byrne 2004; Eikema & Aziz 2020, arXiv:2005.10283), with the similarity of
 * CIDEr-D (Vedantam et al. 2015) as the gain. What many probable captions say is likely so; the most probable one is
 * often the most general.
 */
import { similarity, toVectors } from '../metrics/cider.js';
import { countNgrams } from '../metrics/ngrams.js';

/** A caption that a search has found. */
export interface Candidate {
  readonly words: readonly number[];
  /** Natural logarithm of its probability. */
  readonly logProbability: number;
}

/** Captions searched for: what is agreed on shows in many. */
export const CONSENSUS_WIDTH = 20;
/**
 * A caption counts its probability to this power, for their probabilities are far apart. Measured,
 * docs/lab-notes/captioning.md.
 */
export const EVIDENCE_POWER = 0.25;
/** What the likeness of sentence and photo counts beside agreement. Measured likewise. */
export const LIKENESS_WEIGHT = 0.5;

/** "A woman and a woman", "white and white". */
const ECHO = /\b(\S+) and (?:(?:a|an|the|another) )?\1\b/;

/**
 * The captions that join nothing with its like, as "a woman and a woman" does; all where every one does so. Of people's
 * 35,460 captions 10 do, of the shipped model's 1,000 dev captions 16 did, and agreement does not mind it.
 *
 * @param textOf a caption's words in lower case with a space between them
 */
export function withoutEchoes<Caption>(
  captions: readonly Caption[],
  textOf: (caption: Caption) => string,
): readonly Caption[] {
  const others = captions.filter((caption) => !ECHO.test(textOf(caption)));
  return others.length > 0 ? others : captions;
}

/**
 * How well sentences fit photos, by another model than the one that wrote them.
 *
 * @param regions float16 bits [regions * regionSize] of each photo
 * @param texts of each photo
 * @returns -1..1 for each text of each photo
 */
export type Judge = (regions: readonly Uint16Array[], texts: readonly (readonly string[])[]) => Promise<number[][]>;

/**
 * How far each caption agrees with all of them, 0..1: the mean similarity, by their probabilities.
 *
 * @returns in the order of `candidates`
 */
export function agreement(candidates: readonly Candidate[]): number[] {
  const vectors = candidates.map(({ words }) => toVectors(countNgrams(words.map(String)), () => 1));
  const most = Math.max(...candidates.map(({ logProbability }) => logProbability));
  const evidence = candidates.map(({ logProbability }) => Math.exp(EVIDENCE_POWER * (logProbability - most)));
  const total = evidence.reduce((sum, weight) => sum + weight, 0);
  return vectors.map(
    (own) => vectors.reduce((sum, other, place) => sum + (evidence[place] ?? 0) * similarity(own, other), 0) / total,
  );
}
