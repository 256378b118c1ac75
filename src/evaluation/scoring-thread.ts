/** What the thread of scoring.ts runs. */
import { worker } from 'workerpool';
import { type CaptionScores, ScoreTable } from '../metrics/scores.js';
import { agreementOf } from './agreement.js';
import { compareModels } from './bootstrap.js';
import { evaluateCaptions } from './report.js';
import { compareRetrieval } from './retrieval-comparison.js';

const WORK = {
  evaluateCaptions,
  agreementOf,
  compareRetrieval,
  compareModels: (first: readonly CaptionScores[], second: readonly CaptionScores[]) =>
    compareModels(new ScoreTable(first), new ScoreTable(second)),
};

export type ScoringWork = typeof WORK;

worker(WORK);
