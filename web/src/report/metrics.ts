/** The measures of a report, each in the figures it is usually printed in. */
import { ofHundred } from '../parts/figures.js';
import type { Interval, Measured } from './operations.js';

type Figures = Pick<Measured, 'bleu' | 'cider' | 'rougeL' | 'meteorStem'>;

export interface MetricKind {
  readonly name: string;
  /** Its name in a file. */
  readonly key: string;
  readonly of: (figures: Figures) => number | null | undefined;
  readonly intervalOf: (report: Measured) => Interval | undefined;
  readonly print: (value: number) => string;
  /** Whether it lies between 0 and 1, and can be drawn beside the others. */
  readonly isShare: boolean;
}

/** By their names in the API. */
export const METRIC_NAMES = {
  BLEU_1: 'BLEU-1', BLEU_2: 'BLEU-2', BLEU_3: 'BLEU-3', BLEU_4: 'BLEU-4', CIDER: 'CIDEr-D', METEOR_STEM: 'METEOR without synonyms', ROUGE_L: 'ROUGE-L',
} as const;

const BLEU_ORDERS = [1, 2, 3, 4] as const;

export const METRICS: readonly MetricKind[] = [
  ...BLEU_ORDERS.map((order) => ({
    name: `BLEU-${order}`,
    key: `bleu${order}`,
    of: ({ bleu }: Figures) => bleu[order - 1],
    intervalOf: ({ intervals }: Measured) => intervals?.bleu[order - 1],
    print: ofHundred,
    isShare: true,
  })),
  {
    name: 'METEOR without synonyms', key: 'meteorStem', of: ({ meteorStem }) => meteorStem, intervalOf: ({ intervals }) => intervals?.meteorStem,
    print: ofHundred, isShare: true,
  },
  { name: 'ROUGE-L', key: 'rougeL', of: ({ rougeL }) => rougeL, intervalOf: ({ intervals }) => intervals?.rougeL, print: ofHundred, isShare: true },
  {
    name: 'CIDEr-D', key: 'cider', of: ({ cider }) => cider, intervalOf: ({ intervals }) => intervals?.cider,
    print: (value) => value.toFixed(3), isShare: false,
  },
];
