import { loadConfig } from '../../src/config.js';
import { loadVgg16Weights } from '../../src/vision/vgg16/weights-resolver.js';
import type { Vgg16Weights } from '../../src/vision/vgg16/weights.js';

/** The weights as the program finds them. */
export function benchWeights(): Promise<Vgg16Weights> {
  const { weights, cacheDirectory } = loadConfig(process.env);
  const onNotice = (sentence: string) => {
    console.error(sentence);
  };
  return loadVgg16Weights({ weights: weights.source, weightsUrl: weights.url, cacheDirectory, onNotice });
}
