import { expect, test } from 'vitest';
import { toPhotoName } from '../../src/collection/photo-name.js';

test.each([[undefined], [''], ['   '], ['/'], ['folder/'], ['\u200b'], ['a\u0000.jpg'], ['a\nb.jpg']])(
  '%j is no name',
  (name) => {
    expect(() => toPhotoName(name)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }) as Error);
  },
);

test.each([
  ['dog.jpg', 'dog.jpg'],
  ['C:\\photos\\dog.jpg', 'dog.jpg'],
  ['photo\u202egpj.exe', 'photogpj.exe'],
  ['a\ud800b.jpg', 'a\ufffdb.jpg'],
])('%j is kept as %j', (name, kept) => {
  expect(toPhotoName(name)).toBe(kept);
});

test('a long name is cut between characters', () => {
  const family = '👨‍👩‍👧';
  expect(toPhotoName(family.repeat(100))).toBe(family.repeat(Math.floor(255 / family.length)));
  expect(toPhotoName(`a${'\u0301'.repeat(10_000)}`)).toHaveLength(255);
});
