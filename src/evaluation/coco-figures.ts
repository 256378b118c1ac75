/**
 * Figures as pycocoevalcap makes them, and papers print them: the same metrics, by the words that the Penn Treebank's rules find.
 * Ours divide captions by the rules that search and models use, which know more languages, and fewer English ones.
 */
import { ptbWords } from '../language/ptb-words.js';
import { bleuMetric } from '../metrics/bleu.js';
import { ciderMetric } from '../metrics/cider.js';
import { rougeLMetric } from '../metrics/rouge-l.js';
import { type Figures, scoreCaptions, ScoreTable } from '../metrics/scores.js';
import { type Intervals, intervalsOf } from './bootstrap.js';

export interface CocoFigures {
  /** BLEU-1 to BLEU-4, CIDEr-D and ROUGE-L by their keys. */
  readonly figures: Figures;
  /** Their 95 % intervals. */
  readonly intervals: Intervals;
}

/** Those that pycocoevalcap has as well: its METEOR is of another kind, its SPICE is not ours. */
const COMMON = [bleuMetric, ciderMetric, rougeLMetric];

/** @param images at least one, each with a reference */
export function cocoFigures(
  images: readonly { readonly caption: string; readonly references: readonly string[] }[],
): CocoFigures {
  const candidates = images.map(({ caption }) => ptbWords(caption));
  const references = images.map((image) => image.references.map(ptbWords));
  const table = new ScoreTable(scoreCaptions(candidates, references, COMMON));
  return { figures: table.figures(), intervals: intervalsOf(table) };
}
