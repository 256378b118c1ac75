/** A metric that the program does not have: the file that somebody adds who wants it. */
import { meanMetric } from '../../src/metrics/metric.js';

export const meanWordsMetric = meanMetric({
  key: 'meanWords',
  name: 'Mean words',
  description: 'Words a caption has.',
  highest: null,
  perCaption: (candidates) => candidates.map((words) => words.length),
});
