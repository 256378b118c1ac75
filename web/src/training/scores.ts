/** What epochs are measured by on the dev split, which depends on what the model is to do. */
import { ofHundred } from '../parts/figures.js';
import type { Epoch, Job } from './operations.js';

export interface Score {
  readonly name: string;
  readonly of: (epoch: Epoch) => number | undefined;
  readonly print: (value: number) => string;
  /** Whether it is drawn, and not only in the table. */
  readonly isDrawn: boolean;
}

const three = (value: number): string => value.toFixed(3);

const OF_CAPTIONS: readonly Score[] = [
  { name: 'BLEU-1', of: ({ bleu }) => bleu?.[0], print: ofHundred, isDrawn: false },
  { name: 'BLEU-4', of: ({ bleu }) => bleu?.[3], print: ofHundred, isDrawn: true },
  { name: 'CIDEr-D', of: ({ cider }) => cider ?? undefined, print: three, isDrawn: true },
];

export const SCORES: Readonly<Record<Job['task'], readonly Score[]>> = {
  CAPTION: OF_CAPTIONS,
  CORRECTIONS: OF_CAPTIONS,
  // Recall at 10, as retrieval is usually measured.
  SEARCH: [
    {
      name: 'Photos among the first 10',
      of: ({ retrieval }) => retrieval?.textToImage.recall[2],
      print: ofHundred,
      isDrawn: true,
    },
    {
      name: 'Captions among the first 10',
      of: ({ retrieval }) => retrieval?.imageToText.recall[2],
      print: ofHundred,
      isDrawn: true,
    },
    {
      name: 'Median rank of the photo',
      of: ({ retrieval }) => retrieval?.textToImage.medianRank,
      print: String,
      isDrawn: false,
    },
  ],
};

export const TASK_NAMES: Readonly<Record<Job['task'], string>> = {
  CAPTION: 'Captions',
  CORRECTIONS: 'Corrections',
  SEARCH: 'Search',
};

/** A captioner's loss is that of a word. */
export const lossTitle = (task: Job['task']): string => (task === 'SEARCH' ? 'Loss, nats' : 'Loss, nats a word');
