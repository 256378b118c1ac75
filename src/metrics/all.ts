/** The metrics there are, in the order in which they are told. A new one is a file beside this and a line here. */
import { bleuMetric } from './bleu.js';
import { ciderMetric } from './cider.js';
import { meteorStemMetric } from './meteor-stem.js';
import type { Figure, Metric } from './metric.js';
import { rougeLMetric } from './rouge-l.js';

export const METRICS: readonly Metric[] = [bleuMetric, ciderMetric, rougeLMetric, meteorStemMetric];

/** What the metrics give, one after the other. */
export const FIGURES: readonly Figure[] = METRICS.flatMap(({ figures }) => figures);

/** The figures of single captions. */
export const CAPTION_FIGURES: readonly Figure[] = FIGURES.filter(({ caption }) => caption !== undefined);
