import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenise } from '../../src/language/tokeniser.js';
import { END, PAD, START, UNKNOWN, Vocabulary } from '../../src/language/vocabulary.js';

describe('tokenise', () => {
  it('keeps words and numbers in lower case and drops the rest', () => {
    expect(tokenise('A dog, 2 years old, runs -- fast!')).toEqual(['a', 'dog', '2', 'years', 'old', 'runs', 'fast']);
    expect(tokenise('  ...  ')).toEqual([]);
  });

  it('folds accents, so that a café is a cafe', () => {
    expect(tokenise('Café Ünïcode')).toEqual(['cafe', 'unicode']);
  });

  it('changes nothing the second time', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(tokenise(tokenise(text).join(' '))).toEqual(tokenise(text));
    }));
  });
});

describe('a vocabulary', () => {
  const captions = [['a', 'dog', 'runs'], ['a', 'cat'], ['a', 'dog']];

  it('has the words seen often enough, the most frequent first, equals by the alphabet', () => {
    expect(Vocabulary.build(captions, 2).words).toEqual(['<pad>', '<start>', '<end>', '<unknown>', 'a', 'dog']);
    expect(Vocabulary.build(captions, 1).words.slice(4)).toEqual(['a', 'dog', 'cat', 'runs']);
  });

  it('reads back what it wrote, with rare words unknown and nothing after the end', () => {
    const vocabulary = Vocabulary.build(captions, 2);
    const ids = vocabulary.encode(['a', 'cat', 'dog']);
    expect(ids).toEqual([4, UNKNOWN, 5]);
    expect(vocabulary.decode([START, ...ids, END, 4, PAD])).toEqual(['a', 'dog']);
  });

  it('refuses a list of words without its four specials', () => {
    expect(() => new Vocabulary(['a', 'b'])).toThrow(/specials/);
  });
});
