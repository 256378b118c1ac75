import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossRetrieval, rankOf, retrievalScores } from '../../src/metrics/retrieval.js';
import { compareRetrieval, recallOfImages } from '../../src/evaluation/retrieval-comparison.js';
import { similarities } from '../../src/joint-embedding/similarities.js';

const scoresWithAnswer = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 })
  .chain((scores) =>
    fc.record({ scores: fc.constant(Float32Array.from(scores)), own: fc.integer({ min: 0, max: scores.length - 1 }) }),
  );

describe('a rank', () => {
  it('is the place of the right answer when all are sorted, behind those that score the same', () => {
    fc.assert(
      fc.property(scoresWithAnswer, ({ scores, own }) => {
        const order = [...scores.keys()].sort(
          (a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || Number(a === own) - Number(b === own),
        );
        expect(rankOf(scores, (place) => place === own)).toBe(order.indexOf(own) + 1);
      }),
    );
  });

  it('is that of the best of several right answers', () => {
    expect(rankOf(Float32Array.of(0.9, 0.1, 0.5, 0.7), (place) => place === 1 || place === 2)).toBe(3);
  });

  it('is the last where nothing is told apart', () => {
    expect(rankOf(new Float32Array(10), (place) => place === 0)).toBe(10);
  });
});

describe('recall and median rank', () => {
  it('count what is among the first 1, 5, 10', () => {
    expect(retrievalScores([1, 1, 5, 6, 10, 11, 500, 2])).toEqual({ recall: [2 / 8, 4 / 8, 6 / 8], medianRank: 5 });
  });

  it('never fall when more of the list is looked at, nor when a rank gets better', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), fc.nat(), (ranks, which) => {
        const { recall, medianRank } = retrievalScores(ranks);
        expect(recall[0]).toBeLessThanOrEqual(recall[1]);
        expect(recall[1]).toBeLessThanOrEqual(recall[2]);
        const better = retrievalScores(ranks.map((rank, place) => (place === which % ranks.length ? 1 : rank)));
        better.recall.forEach((share, place) => {
          expect(share).toBeGreaterThanOrEqual(recall[place] ?? NaN);
        });
        expect(better.medianRank).toBeLessThanOrEqual(medianRank);
      }),
    );
  });
});

describe('retrieval both ways', () => {
  const at = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle));

  it('finds everything where each text points where its image does', async () => {
    const images = [0, 1, 2, 3].map(at);
    const imageOf = Int32Array.of(0, 0, 1, 2, 2, 3);
    const { textToImage, imageToText } = crossRetrieval(await similarities(Array.from(imageOf, at), images), imageOf);
    expect(textToImage).toEqual({ recall: [1, 1, 1], medianRank: 1 });
    expect(imageToText).toEqual(textToImage);
  });

  it('asks an image for any of its texts, and a text for its image', async () => {
    // The second text is of the first image, but looks like the second.
    const { textToImage, imageToText } = crossRetrieval(
      await similarities([0, 1, 1.2].map(at), [0, 1].map(at)),
      Int32Array.of(0, 0, 1),
    );
    expect(textToImage.recall[0]).toBeCloseTo(2 / 3, 6);
    expect(imageToText.recall[0]).toBeCloseTo(1 / 2, 6);
  });
});

describe('two embeddings of the same photos', () => {
  const IMAGES = 30;
  const axis = (place: number) => Float32Array.from({ length: IMAGES }, (_, index) => (index === place ? 1 : 0));
  const images = Array.from({ length: IMAGES }, (_, place) => axis(place));
  const imageOf = Int32Array.from({ length: 2 * IMAGES }, (_, text) => Math.floor(text / 2));
  const right = { images, texts: Array.from(imageOf, axis) };
  const wrong = { images, texts: Array.from(imageOf, (image) => axis((image + 15) % IMAGES)) };

  it('are compared by the mean of their recalls, beyond chance', async () => {
    const compared = await compareRetrieval(right, wrong, imageOf);
    expect(compared).toMatchObject({
      recall: 1,
      currentRecall: 0,
      difference: 1,
      interval: { low: 1, high: 1 },
      better: 1,
    });
    expect(compared.pValue).toBeLessThan(0.05);
    expect((await compareRetrieval(wrong, right, imageOf)).difference).toBe(-1);
  });

  it('that are the same cannot be told apart', async () => {
    expect(await compareRetrieval(right, right, imageOf)).toMatchObject({ difference: 0, better: 0.5, pValue: 1 });
  });

  it('a text that a model knows no word of finds nothing', async () => {
    const texts = right.texts.map((text, place) => (place < 2 ? undefined : text));
    const recalls = await recallOfImages({ images, texts }, imageOf);
    expect(recalls[0]).toBe(0);
    expect(recalls.slice(1)).toEqual(Array.from({ length: IMAGES - 1 }, () => 1));
  });
});
