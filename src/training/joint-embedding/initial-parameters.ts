/** The joint embedding before its first training step, and what it takes over from a captioner. */
import type { Checkpoint } from '../../captioner/checkpoint.js';
import { PROJECTION } from '../../captioner/region-projection.js';
import { Vocabulary } from '../../language/vocabulary.js';
import type { EmbeddingSettings } from '../../joint-embedding/joint-embedding.js';
import { parameterShapes } from '../../joint-embedding/joint-embedding.js';
import { summaryShapes } from '../../joint-embedding/region-summary.js';
import { sizeOf } from '../../tensors/graph.js';
import type { RegionShape } from '../../vision/encoder.js';
import type { ParameterValues } from '../engines/engine.js';
import { uniformValues } from '../initial-parameters.js';

/**
 * As the captioner's: matrices uniform in ±1/sqrt(inputs), word vectors in ±0.1, the LSTM's forget gates open, other
 * vectors 0.
 */
export function initialSearchParameters(settings: EmbeddingSettings, seed: number): Map<string, Float32Array> {
  const { wordSize, hiddenSize } = settings;
  const inputs: Readonly<Record<string, number>> = {
    'lstm.word': wordSize + hiddenSize,
    'lstm.hidden': wordSize + hiddenSize,
  };
  return new Map(
    Object.entries(parameterShapes(settings)).map(([name, shape]) => {
      if (shape.length > 1) {
        const bound = name === 'embedding' ? 0.1 : 1 / Math.sqrt(inputs[name] ?? shape[0]);
        return [name, uniformValues(sizeOf(shape), bound, seed, name)];
      }
      const values = new Float32Array(sizeOf(shape));
      if (name === 'lstm.bias') values.fill(1, hiddenSize, 2 * hiddenSize);
      return [name, values];
    }),
  );
}

/**
 * Writes a captioner's word vectors over those of a table, for the words that both know.
 *
 * @param embedding [words, wordSize], wordSize as the captioner's
 */
export function takeWordVectors(
  embedding: Float32Array,
  { words }: Vocabulary,
  { header, parameters }: Checkpoint,
): void {
  const theirs = new Vocabulary(header.vocabulary);
  const table = parameters.get('embedding') ?? new Float32Array();
  const width = header.settings.embeddingSize;
  words.forEach((word, row) => {
    const [from = 0] = theirs.encode([word]);
    if (theirs.words[from] === word) embedding.set(table.subarray(from * width, (from + 1) * width), row * width);
  });
}

/** A captioner's projection of regions; without one, regions are only normalised. */
export function projectionOf(
  captioner: Checkpoint | undefined,
  { regionSize }: Pick<RegionShape, 'regionSize'>,
): ParameterValues {
  const shapes = summaryShapes({ regionSize });
  return new Map(
    PROJECTION.map((name) => {
      const given = captioner?.parameters.get(name);
      if (given) return [name, given];
      const values = new Float32Array(sizeOf(shapes[name]));
      if (name === 'regions.gain') values.fill(1);
      if (name === 'regions.weight')
        for (let channel = 0; channel < regionSize; channel++) values[channel * (regionSize + 1)] = 1;
      return [name, values];
    }),
  );
}
