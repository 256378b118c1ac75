/** All metrics of a set of captions at once. */
import { tokenise } from '../language/tokeniser.js';
import { bleu } from './bleu.js';
import { ciderD } from './cider.js';
import { rougeL } from './rouge.js';

export interface EvaluatedImage {
  readonly name: string;
  readonly caption: string;
  readonly references: readonly string[];
}

export interface EvaluationReport {
  readonly images: number;
  /** BLEU-1..4 of the corpus, 0..1. */
  readonly bleu: readonly [number, number, number, number];
  readonly brevityPenalty: number;
  /** CIDEr-D, mean over the images, 0..10. */
  readonly cider: number;
  /** ROUGE-L, mean over the images, 0..1. */
  readonly rougeL: number;
  /** How the figures were made, as sacreBLEU prints it: without it they cannot be compared with others. */
  readonly signature: string;
}

/**
 * Scores generated captions against reference captions.
 *
 * @param decoding how the captions were written, such as `beam:5|exp:0.7`; becomes part of the signature
 */
export function evaluateCaptions(images: readonly EvaluatedImage[], decoding: string): EvaluationReport {
  const candidates = images.map((image) => tokenise(image.caption));
  const references = images.map((image) => image.references.map(tokenise));
  const counts = references.map((own) => own.length);
  const { scores, brevityPenalty } = bleu(candidates, references);
  return {
    images: images.length,
    bleu: scores,
    brevityPenalty,
    cider: ciderD(candidates, references).score,
    rougeL: rougeL(candidates, references).score,
    signature: `nrefs:${describeCounts(counts)}|case:lc|tok:a-z0-9|smooth:none|len:closest|${decoding}`,
  };
}

function describeCounts(counts: readonly number[]): string {
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return counts.length === 0 ? '0' : low === high ? String(low) : `${low}-${high}`;
}
