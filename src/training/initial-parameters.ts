/** The decoder before its first training step. */
import type { DecoderSettings, ParameterName } from '../captioner/decoder.js';
import { parameterNames, parameterShapes } from '../captioner/decoder.js';
import { sizeOf } from '../tensors/graph.js';
import { RandomStream } from './random.js';

/**
 * Seeded starting values: matrices uniform in ±1/sqrt(inputs) (LeCun et al. 1998, "Efficient BackProp", section 4.6), word
 * vectors in ±0.1, gains 1, the LSTM's forget gates open (Jozefowicz et al. 2015, section 2.2), other vectors 0.
 */
export function initialParameters(settings: DecoderSettings, seed: number): Map<ParameterName, Float32Array> {
  const shapes = parameterShapes(settings);
  return new Map(
    parameterNames(settings).map((name) => {
      const shape = shapes[name];
      const values = new Float32Array(sizeOf(shape));
      if (shape.length > 1) {
        values.set(uniformValues(values.length, name === 'embedding' ? 0.1 : 1 / Math.sqrt(inputsOf(name, settings)), seed, name));
      }
      if (name === 'regions.gain') values.fill(1);
      if (name === 'lstm.bias') values.fill(1, settings.hiddenSize, 2 * settings.hiddenSize);
      return [name, values];
    }),
  );
}

/** Seeded numbers from -bound to bound, for the parameter of this name. */
export function uniformValues(size: number, bound: number, seed: number, name: string): Float32Array {
  const random = new RandomStream(seed, 'initial', name);
  return Float32Array.from({ length: size }, () => (random.uniform() * 2 - 1) * bound);
}

/** What is added up in the LSTM's gates comes of one matrix in three parts, so the inputs of all count. */
function inputsOf(name: ParameterName, settings: DecoderSettings): number {
  const { embeddingSize, regionSize, hiddenSize } = settings;
  if (name === 'lstm.word' || name === 'lstm.context' || name === 'hidden.weight') return embeddingSize + regionSize + hiddenSize;
  return parameterShapes(settings)[name][0];
}
