/** A search model before any training, small enough for tests. */
import type { EncoderId } from '../../src/ids.js';
import type { SearchCheckpoint } from '../../src/joint-embedding/checkpoint.js';
import { summarySize } from '../../src/joint-embedding/region-summary.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';
import { initialSearchParameters, projectionOf } from '../../src/training/joint-embedding/initial-parameters.js';

export function smallSearchCheckpoint(encoder: EncoderId, words: readonly string[], seed = 1): SearchCheckpoint {
  const vocabulary = ['<pad>', '<start>', '<end>', '<unknown>', ...words];
  const settings = { wordSize: 16, hiddenSize: 24, ...VGG16_SHAPE };
  const parameters = initialSearchParameters({ ...settings, vocabularySize: vocabulary.length }, seed);
  return {
    header: {
      format: 'ekphrasis-search',
      version: 1,
      name: 'small',
      encoder,
      compatibleEncoders: [],
      vocabulary,
      settings,
      training: {},
    },
    parameters: new Map([
      ...parameters,
      ...projectionOf(undefined, VGG16_SHAPE),
      ['summary.mean', new Float32Array(summarySize(VGG16_SHAPE))],
      ['summary.deviation', new Float32Array(summarySize(VGG16_SHAPE)).fill(1)],
    ]),
  };
}
