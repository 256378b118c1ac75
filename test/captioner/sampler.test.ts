import { expect, test } from 'vitest';
import { attentionDecoder } from '../../src/captioner/decoders/attention.js';
import { drawWord, Sampler } from '../../src/captioner/sampler.js';
import { END, UNKNOWN } from '../../src/language/vocabulary.js';
import { initialParameters } from '../../src/training/initial-parameters.js';
import { RandomStream } from '../../src/training/random.js';

test('words are drawn as often as they are probable, sharpened by the temperature; specials never', () => {
  const logProbabilities = Float32Array.from([0.1, 0.1, 0.2, 0.1, 0.4, 0.1], Math.log);
  const random = new RandomStream(1, 'words');
  for (const temperature of [1, 0.5]) {
    const counts = [0, 0, 0, 0, 0, 0];
    for (let draw = 0; draw < 20_000; draw++) {
      const word = drawWord(logProbabilities, temperature, random.uniform());
      counts[word] = (counts[word] ?? 0) + 1;
    }
    const weights = [0, 0, 0.2, 0, 0.4, 0.1].map((p) => p ** (1 / temperature));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, word) => {
      expect((counts[word] ?? 0) / 20_000).toBeCloseTo(weight / total, 1.7);
    });
  }
  expect(drawWord(logProbabilities, 1, 0)).toBe(END);
  expect(drawWord(logProbabilities, 1, 1 - 2 ** -32)).toBe(5);
});

test('the same random numbers give the same captions, others give others, and none is longer than it may be', async () => {
  const decoder = attentionDecoder({
    vocabularySize: 13,
    regions: 49,
    regionSize: 512,
    embeddingSize: 6,
    hiddenSize: 10,
    attentionSize: 7,
    cell: 'lstm',
  });
  const sampler = await Sampler.create({ decoder, images: 2, captions: 3, temperature: 1, maximumLength: 6 });
  const random = new RandomStream(2, 'regions');
  const regions = Float32Array.from({ length: 2 * 49 * 512 }, () => random.uniform());
  const draw = (seed: number) =>
    sampler.sample(initialParameters(decoder, 4), regions, new RandomStream(seed, 'sample'));
  const first = await draw(1);
  expect(await draw(1)).toEqual(first);
  expect(await draw(2)).not.toEqual(first);
  expect(first.map((captions) => captions.length)).toEqual([3, 3]);
  for (const words of first.flat()) {
    expect(words.length).toBeLessThanOrEqual(6);
    for (const word of words) expect(word).toBeGreaterThan(UNKNOWN);
  }
  await sampler.close();
});
