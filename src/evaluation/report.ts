/** All metrics of a set of captions at once. */
import { hasWords, isSegmented, tokenise } from '../language/tokeniser.js';
import { bleuOf } from '../metrics/bleu.js';
import { type CaptionScores, type Figures, scoreCaptions, ScoreTable } from '../metrics/scores.js';
import { type Intervals, intervalsOf } from './bootstrap.js';
import { humanCeiling } from './ceiling.js';
import { type CocoFigures, cocoFigures } from './coco-figures.js';
import { agreedContentWords } from './content-words.js';
import { type Diversity, diversityOf } from './diversity.js';

export interface EvaluatedImage {
  readonly caption: string;
  readonly references: readonly string[];
}

/** One caption's part of a report. */
export interface ScoredCaption {
  readonly scores: CaptionScores;
  /** How much there is to say about the photo: see `agreedContentWords`. */
  readonly contentWords: number;
}

/** What a report says beside the figures. */
export interface ReportDetails {
  readonly diversity: Diversity;
  /** What people reach by the same measure; null where no image has two references. */
  readonly ceiling: Figures | null;
  /** 95 % intervals of the figures. */
  readonly intervals: Intervals;
  /** By the words of pycocoevalcap. Evaluations of earlier versions have none. */
  readonly coco?: CocoFigures | undefined;
  /** Photos with captions that were left out, as their files are missing. Evaluations of earlier versions do not say. */
  readonly leftOut?: number | undefined;
}

export interface EvaluationReport {
  readonly images: number;
  readonly figures: Figures;
  /** BLEU's, 0..1. */
  readonly brevityPenalty: number;
  readonly details: ReportDetails;
  /** How the figures were made, as sacreBLEU prints it: without it they cannot be compared with others. */
  readonly signature: string;
  /** In the order of the images. */
  readonly captions: readonly ScoredCaption[];
}

export interface EvaluationOptions {
  /** How the captions were written, such as `beam:5|exp:0.7`; becomes part of the signature. */
  readonly decoding: string;
  /**
   * Those of the captions that people wrote of training photos, by `sentenceKey`; undefined where there are no training
   * photos.
   */
  readonly known: ReadonlySet<string> | undefined;
}

/**
 * Scores generated captions against reference captions. A thousand images take seconds: see scoring.ts.
 *
 * @param images at least one; references without a word are none
 * @throws RangeError when an image has no reference
 */
export function evaluateCaptions(
  images: readonly EvaluatedImage[],
  { decoding, known }: EvaluationOptions,
): EvaluationReport {
  const candidates = images.map((image) => tokenise(image.caption));
  const texts = images.map((image) => image.references.filter(hasWords));
  const references = texts.map((own) => own.map((text) => tokenise(text)));
  const scores = scoreCaptions(candidates, references);
  const table = new ScoreTable(scores);
  return {
    images: images.length,
    figures: table.figures(),
    brevityPenalty: bleuOf(table.sumsOf('bleu')).brevityPenalty,
    details: {
      diversity: diversityOf(candidates, known),
      ceiling: humanCeiling(references) ?? null,
      intervals: intervalsOf(table),
      coco: cocoFigures(images.map(({ caption }, index) => ({ caption, references: texts[index] ?? [] }))),
    },
    signature: `nrefs:${describeCounts(references.map((own) => own.length))}|case:lc|${describeTokeniser(texts.flat(), references.flat())}|smooth:none|len:closest|${decoding}`,
    captions: scores.map((own, index) => ({ scores: own, contentWords: agreedContentWords(references[index] ?? []) })),
  };
}

/**
 * By which words the captions are compared. Where both versions of the tokeniser find the same words in what people
 * wrote, as in English, figures can be compared with those of before there were two. Words that a dictionary tells
 * apart depend on ICU's.
 */
function describeTokeniser(texts: readonly string[], references: readonly (readonly string[])[]): string {
  if (texts.every((text, index) => isEqual(tokenise(text, 1), references[index] ?? []))) return 'tok:a-z0-9';
  return references.some(isSegmented) ? `tok:unicode-2:icu-${process.versions.icu ?? 'none'}` : 'tok:unicode-2';
}

function isEqual(words: readonly string[], others: readonly string[]): boolean {
  return words.length === others.length && words.every((word, place) => word === others[place]);
}

function describeCounts(counts: readonly number[]): string {
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return low === high ? String(low) : `${low}-${high}`;
}
