import { expect, test } from 'vitest';
import type { Sha256 } from '../../src/ids.js';
import { dataDifferences, firstLossDifference } from '../../src/runs/compare-runs.js';
import { DataFingerprinter, type FingerprintedPhoto } from '../../src/training/data-fingerprint.js';

const PHOTOS: readonly FingerprintedPhoto[] = [
  { sha256: 'a'.repeat(64) as Sha256, split: 'train', captions: ['a dog', 'two dogs'] },
  { sha256: 'b'.repeat(64) as Sha256, split: 'train', captions: ['a cat'] },
  { sha256: 'c'.repeat(64) as Sha256, split: 'dev', captions: ['a cat'] },
];
const of = (photos: readonly FingerprintedPhoto[]) => {
  const fingerprinter = new DataFingerprinter();
  for (const photo of photos) fingerprinter.add(photo);
  return fingerprinter.value();
};
const changed = (change: Partial<FingerprintedPhoto>) => [
  ...PHOTOS.slice(0, 2),
  { ...PHOTOS[2], ...change } as FingerprintedPhoto,
];

test('the order of photos changes the hash of the order, and no other', () => {
  const { orderSha256, ...forwards } = of(PHOTOS);
  const { orderSha256: otherOrder, ...backwards } = of([...PHOTOS].reverse());
  expect(backwards).toEqual(forwards);
  expect(otherOrder).not.toBe(orderSha256);
  expect(forwards).toMatchObject({ photoCount: 3, captionCount: 4, trainCount: 2, devCount: 1 });
});

test.each([
  ['nothing', PHOTOS, []],
  ['the order', [...PHOTOS].reverse(), [/in another order/]],
  ['a caption', changed({ captions: ['a bird'] }), [/^The captions differ/]],
  ['a split', changed({ split: 'train' }), [/^The splits differ: the run had 2\/1, there are 3\/0 now/]],
  ['a photo', changed({ sha256: 'd'.repeat(64) as Sha256 }), [/^The photos/, /^The captions/, /^The splits/]],
])('where %s is another, that is told', (_, photos, sentences) => {
  expect(dataDifferences(of(PHOTOS), of(photos))).toEqual(
    sentences.map((sentence) => expect.stringMatching(sentence) as string),
  );
});

test('the first epoch with another loss is found, also one that is not there', () => {
  const losses = (...all: number[]) => all.map((loss, index) => ({ epoch: index + 1, loss }));
  expect(firstLossDifference(losses(3, 2), losses(3, 2))).toBeUndefined();
  expect(firstLossDifference(losses(3, 2), losses(3, 2 + Number.EPSILON * 2))).toMatchObject({ epoch: 2, was: 2 });
  expect(firstLossDifference(losses(3, 2), losses(3))).toEqual({ epoch: 2, was: 2, is: null });
});
