/** Captions drawn word by word at random, from parameters that may change between two calls. */
import { END, PAD, START, UNKNOWN } from '../language/vocabulary.js';
import type { Session, TensorData } from '../tensors/session.js';
import type { Decoder } from './decoder.js';
import { createImageGraph, createStepGraph, NEXT } from './decoding-graphs.js';

export interface SamplerSettings {
  readonly decoder: Decoder;
  readonly images: number;
  /** Captions drawn for each image. */
  readonly captions: number;
  /**
   * Words are drawn from the probabilities to the power of 1 / temperature: below 1 the improbable ones become rare.
   */
  readonly temperature: number;
  /** Words, without the end. */
  readonly maximumLength: number;
}

/** Numbers in [0, 1). */
export interface Uniform {
  uniform(): number;
}

export class Sampler {
  private constructor(
    private readonly images: Session,
    private readonly step: Session,
    private readonly settings: SamplerSettings,
  ) {}

  static async create(settings: SamplerSettings, threads?: number): Promise<Sampler> {
    const members = [settings.decoder];
    return new Sampler(
      await createImageGraph(members, settings, { threads }),
      await createStepGraph(members, settings, { threads }),
      settings,
    );
  }

  /**
   * Draws captions.
   *
   * @param parameters of the decoder, one alone
   * @param regions [images * regions * regionSize]
   * @param random decides every word; the same numbers give the same captions
   * @returns of each image its captions' word ids, without the end; one of `maximumLength` words may have none
   */
  async sample(
    parameters: ReadonlyMap<string, Float32Array>,
    regions: Float32Array,
    random: Uniform,
  ): Promise<number[][][]> {
    const {
      images,
      captions,
      maximumLength,
      decoder: {
        settings: { vocabularySize },
      },
    } = this.settings;
    const rows = images * captions;
    const feeds = new Map<string, TensorData>([
      ...parameters,
      ...(await this.images.run(new Map<string, TensorData>([...parameters, ['regions', regions]]))),
    ]);
    const words = new Int32Array(rows).fill(START);
    const written = Array.from({ length: rows }, (): number[] => []);
    const open = new Set(written.keys());
    for (let length = 0; length < maximumLength && open.size > 0; length++) {
      const result = await this.step.run(feeds.set('words', words));
      const logProbabilities = result.get('logProbabilities') ?? new Float32Array();
      for (const row of open) {
        const own = logProbabilities.subarray(row * vocabularySize, (row + 1) * vocabularySize);
        const word = drawWord(own, this.settings.temperature, random.uniform());
        words[row] = word;
        if (word === END) open.delete(row);
        else written[row]?.push(word);
      }
      for (const [name, next] of result) {
        if (name.startsWith(NEXT)) feeds.set(name.slice(NEXT.length), next);
      }
    }
    return Array.from({ length: images }, (_, image) => written.slice(image * captions, (image + 1) * captions));
  }

  async close(): Promise<void> {
    await this.images.release();
    await this.step.release();
  }
}

/**
 * A word at random, of those that are ever said.
 *
 * @param logProbabilities natural logarithms [vocabularySize]
 * @param at which of them, 0..1: a place on the line of all probabilities
 */
export function drawWord(logProbabilities: Float32Array, temperature: number, at: number): number {
  const weights = new Float64Array(logProbabilities.length);
  let total = 0;
  for (let word = 0; word < weights.length; word++) {
    if (word === PAD || word === START || word === UNKNOWN) continue;
    const weight = Math.exp((logProbabilities[word] ?? -Infinity) / temperature);
    weights[word] = weight;
    total += weight;
  }
  let left = at * total;
  let last = END;
  for (let word = 0; word < weights.length; word++) {
    const weight = weights[word] ?? 0;
    if (weight === 0) continue;
    last = word;
    left -= weight;
    if (left < 0) break;
  }
  return last;
}
