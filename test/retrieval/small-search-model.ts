/** A search model before any training, small enough for tests. */
import type { EncoderId } from '../../src/ids.js';
import type { SearchCheckpoint } from '../../src/retrieval/checkpoint.js';
import { STATISTICS } from '../../src/retrieval/joint-embedding.js';
import { SUMMARY_SIZE } from '../../src/retrieval/region-summary.js';
import { initialSearchParameters } from '../../src/training/search/initial-parameters.js';

export function smallSearchCheckpoint(encoder: EncoderId, words: readonly string[]): SearchCheckpoint {
  const vocabulary = ['<pad>', '<start>', '<end>', '<unknown>', ...words];
  const settings = { wordSize: 16, hiddenSize: 24 };
  const parameters = initialSearchParameters({ ...settings, vocabularySize: vocabulary.length }, 1);
  return {
    header: { format: 'ekphrasis-search', version: 1, name: 'small', encoder, compatibleEncoders: [], vocabulary, settings, training: {} },
    parameters: new Map([...parameters, [STATISTICS[0], new Float32Array(SUMMARY_SIZE)], [STATISTICS[1], new Float32Array(SUMMARY_SIZE).fill(1)]]),
  };
}
