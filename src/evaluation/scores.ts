/** The scores of single captions, and the figures of any set of them. */
import { type BleuCounts, BLEU_COUNTS, bleuCounts, bleuOf } from './bleu.js';
import { ciderD } from './cider.js';
import { meteorStem } from './meteor.js';
import type { Tokens } from './ngrams.js';
import { rougeL } from './rouge.js';

/** What is known of one caption beside its references. */
export interface CaptionScores {
  readonly bleuCounts: BleuCounts;
  /** CIDEr-D with the document frequencies of the whole corpus, 0..10. */
  readonly cider: number;
  /** 0..1. */
  readonly rougeL: number;
  /** 0..1. */
  readonly meteorStem: number;
}

/** What captions are worth together. */
export interface Figures {
  /** BLEU-1..4 of the corpus, 0..1. */
  readonly bleu: readonly [number, number, number, number];
  readonly brevityPenalty: number;
  /** CIDEr-D, mean over the images, 0..10. */
  readonly cider: number;
  /** ROUGE-L, mean over the images, 0..1. */
  readonly rougeL: number;
  /** METEOR without synonyms, mean over the images, 0..1; see meteor.ts. */
  readonly meteorStem: number;
}

/**
 * Scores every caption of a corpus.
 *
 * @throws RangeError when an image lacks a candidate or references
 */
export function scoreCaptions(candidates: readonly Tokens[], references: readonly (readonly Tokens[])[]): CaptionScores[] {
  const cider = ciderD(candidates, references).perImage;
  const rouge = rougeL(candidates, references).perImage;
  const meteor = meteorStem(candidates, references).perImage;
  return candidates.map((candidate, index) => ({
    bleuCounts: bleuCounts(candidate, references[index] ?? []),
    cider: cider[index] ?? 0,
    rougeL: rouge[index] ?? 0,
    meteorStem: meteor[index] ?? 0,
  }));
}

/** Captions' scores as one table, a row of 13 numbers each: BLEU's counts, CIDEr-D, ROUGE-L, METEOR. Sums of rows give figures. */
export class ScoreTable {
  /** [captions, 13], row by row. */
  private readonly values: Float64Array;
  readonly length: number;

  constructor(scores: readonly CaptionScores[]) {
    this.length = scores.length;
    this.values = Float64Array.from(scores.flatMap((one) => [...one.bleuCounts, one.cider, one.rougeL, one.meteorStem]));
  }

  /** Figures of the captions at these rows, any of them as often as it is named. */
  figuresOf(rows: ArrayLike<number>): Figures {
    const sums = new Float64Array(COLUMNS);
    for (let place = 0; place < rows.length; place++) {
      const start = (rows[place] ?? 0) * COLUMNS;
      for (let column = 0; column < COLUMNS; column++) sums[column] = (sums[column] ?? 0) + (this.values[start + column] ?? 0);
    }
    const { scores, brevityPenalty } = bleuOf(sums);
    const mean = (column: number) => (sums[column] ?? 0) / Math.max(1, rows.length);
    const [cider, rouge, meteor] = [mean(BLEU_COUNTS), mean(BLEU_COUNTS + 1), mean(BLEU_COUNTS + 2)];
    return { bleu: scores, brevityPenalty, cider, rougeL: rouge, meteorStem: meteor };
  }

  /** Figures of all captions. */
  figures(): Figures {
    return this.figuresOf(Uint32Array.from({ length: this.length }, (_, row) => row));
  }
}

const COLUMNS = BLEU_COUNTS + 3;
