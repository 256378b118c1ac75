import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder, DEFAULT_ARCHITECTURE } from '../../src/captioner/decoders/all.js';
import { END, START } from '../../src/language/vocabulary.js';
import type { BatchSettings } from '../../src/training/batches.js';
import { Batches } from '../../src/training/batches.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';

const examplesOf = (lengths: readonly (readonly number[])[]) =>
  lengths.map((own, index) => ({
    index,
    views: 1,
    captions: own.map((length, place) => Array.from({ length }, (_, word) => 4 + ((index + place + word) % 90))),
  }));

const decoder = createDecoder({ ...DEFAULT_ARCHITECTURE, ...VGG16_SHAPE, embeddingSize: 4 }, 100);
const settings: BatchSettings = { epochs: 50, images: 2, captions: 3, words: 9, seed: 1, dropout: 0, decoder };
const lengthsOfImages = fc.array(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }), {
  minLength: 2,
  maxLength: 9,
});

describe('batches', () => {
  it('hold every word of every caption once, after the word before it, up to the limit', () => {
    fc.assert(
      fc.property(lengthsOfImages, fc.integer({ min: 1, max: 50 }), (lengths, epoch) => {
        const batches = new Batches(examplesOf(lengths), settings);
        for (const drawn of batches.order(epoch)) {
          const batch = batches.assemble(drawn, new Uint16Array(), 1);
          const expected = drawn.flatMap(({ captions }) =>
            captions.flatMap((caption) =>
              [START, ...caption].slice(0, settings.words).map((word, place) => `${word}>${caption[place] ?? END}`),
            ),
          );
          const found = [...batch.weight].flatMap((weight, row) =>
            weight > 0 ? [`${batch.previous[row] ?? ''}>${batch.target[row] ?? ''}`] : [],
          );
          expect(found.sort()).toEqual(expected.sort());
          expect(batch.weight.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 4);
        }
      }),
    );
  });

  it('take every image at most once an epoch, in another order in each, the same for the same seed', () => {
    const examples = examplesOf(Array.from({ length: 20 }, () => [3, 5]));
    const order = (seed: number, epoch: number) =>
      new Batches(examples, { ...settings, seed })
        .order(epoch)
        .flat()
        .map(({ index }) => index);
    expect(new Set(order(1, 1)).size).toBe(20);
    expect(order(1, 2)).not.toEqual(order(1, 1));
    expect(order(1, 1)).toEqual(order(1, 1));
    expect(order(2, 1)).not.toEqual(order(1, 1));
  });

  it('draw other captions in other epochs where an image has more than a batch takes', () => {
    const examples = [0, 1].map((index) => ({
      index,
      views: 1,
      captions: Array.from({ length: 9 }, (_, word) => [4 + word]),
    }));
    const batches = new Batches(examples, settings);
    const drawn = [1, 2, 3, 4].map((epoch) =>
      JSON.stringify(
        batches
          .order(epoch)
          .flat()
          .map(({ captions }) => captions),
      ),
    );
    expect(new Set(drawn).size).toBeGreaterThan(1);
    expect(
      batches
        .order(1)
        .flat()
        .every(({ captions }) => captions.length === settings.captions),
    ).toBe(true);
  });

  it('take an image in each of its views about as often, in no order', () => {
    const examples = examplesOf(Array.from({ length: 20 }, () => [3])).map((example) => ({
      ...example,
      views: example.index < 10 ? 2 : 1,
    }));
    const batches = new Batches(examples, settings);
    const drawn = Array.from({ length: 50 }, (_, epoch) => batches.order(epoch + 1).flat());
    const views = (wanted: (index: number) => boolean) =>
      drawn.map((epoch) => epoch.filter(({ index }) => wanted(index)).map(({ view }) => view));
    expect(new Set(views((index) => index >= 10).flat())).toEqual(new Set([0]));
    const ofTwo = views((index) => index < 10);
    const mirrored = ofTwo.flat().filter((view) => view === 1).length;
    expect(Math.abs(mirrored / ofTwo.flat().length - 0.5)).toBeLessThan(0.1);
    expect(new Set(ofTwo.map((epoch) => epoch.join())).size).toBeGreaterThan(40);
  });

  it('drop half of the units, others in each step', () => {
    const batches = new Batches(examplesOf([[8], [8]]), { ...settings, dropout: 0.5 });
    const [drawn = []] = batches.order(1);
    const mask = (step: number) => batches.assemble(drawn, new Uint16Array(), step).keep?.output ?? new Uint8Array();
    const factors = mask(1);
    expect(new Set(factors)).toEqual(new Set([0, 2]));
    expect(Math.abs(factors.reduce((sum, factor) => sum + factor, 0) / factors.length - 1)).toBeLessThan(0.06);
    expect(mask(2)).not.toEqual(mask(1));
  });
});
