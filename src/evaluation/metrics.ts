/** The metrics by their names. */
import type { Figures } from './scores.js';

export const METRICS = ['bleu1', 'bleu2', 'bleu3', 'bleu4', 'cider', 'rougeL', 'meteorStem'] as const;
export type Metric = (typeof METRICS)[number];

export function metricOf({ bleu, cider, rougeL, meteorStem }: Figures, metric: Metric): number {
  const [bleu1, bleu2, bleu3, bleu4] = bleu;
  return { bleu1, bleu2, bleu3, bleu4, cider, rougeL, meteorStem }[metric];
}

/** A value for each of the metrics. */
export function byMetric<Value>(valueOf: (metric: Metric) => Value): Record<Metric, Value> {
  return Object.fromEntries(METRICS.map((metric) => [metric, valueOf(metric)])) as Record<Metric, Value>;
}
