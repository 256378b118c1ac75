/** The joint embedding before its first training step. */
import type { EmbeddingSettings } from '../../retrieval/joint-embedding.js';
import { parameterShapes } from '../../retrieval/joint-embedding.js';
import { sizeOf } from '../../tensors/graph.js';
import type { ParameterValues } from '../engines/engine.js';
import { uniformValues } from '../initial-parameters.js';

/** As the captioner's: matrices uniform in ±1/sqrt(inputs), word vectors in ±0.1, the LSTM's forget gates open, other vectors 0. */
export function initialSearchParameters(settings: EmbeddingSettings, seed: number): ParameterValues {
  const { wordSize, hiddenSize } = settings;
  const inputs: Readonly<Record<string, number>> = { 'lstm.word': wordSize + hiddenSize, 'lstm.hidden': wordSize + hiddenSize };
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
