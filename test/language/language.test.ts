import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText } from '../../src/language/folding.js';
import { hasWords, joinWords, tokenise } from '../../src/language/tokeniser.js';
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
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(tokenise(tokenise(text, 1).join(' '), 1)).toEqual(tokenise(text, 1));
      }),
    );
  });

  it('gives of a text of ASCII in both versions the same, written with blanks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 60 }), (text) => {
        expect(tokenise(text)).toEqual(tokenise(text, 1));
        expect(joinWords(tokenise(text))).toBe(tokenise(text, 1).join(' '));
      }),
    );
  });

  it('in version 1 is as it was: letters beyond a-z end a word', () => {
    expect(tokenise('große Straße, smørbrød, œuvre, Łódź', 1)).toEqual([
      'gro',
      'e',
      'stra',
      'e',
      'sm',
      'rbr',
      'd',
      'uvre',
      'odz',
    ]);
  });

  it.each([
    ['große Straße, smørbrød, œuvre, Łódź', ['grosse', 'strasse', 'smorbrod', 'oeuvre', 'lodz']],
    ['Ёлка, йод', ['елка', 'йод']],
    ["П'ять м’ячів, об\u02bcєкт — 'кіт'", ["п'ять", "м'ячів", "об'єкт", 'кіт']],
    ['L’eau et l\'herbe, it’s a dog\'s "toy"', ['l', 'eau', 'et', 'l', 'herbe', 'it', 's', 'a', 'dog', 's', 'toy']],
    ['हिन्दी में लड़का', ['हिन्दी', 'में', 'लड़का'.normalize('NFC')]],
    ['한국어 개가 달린다', ['한국어', '개가', '달린다']],
    ['น้ำบนหญ้า', ['น้ำ', 'บน', 'หญ้า']],
    ['红色三角形, 3个', ['红色', '三角形', '3', '个']],
    ['犬が走る。', ['犬', 'が', '走る']],
  ])('finds the words of %s', (text, words) => {
    expect(tokenise(text)).toEqual(words);
    expect(tokenise(text.normalize('NFD'))).toEqual(words);
  });

  it('finds none in punctuation and emoji', () => {
    expect(['...', '👍', '!', ' - '].filter(hasWords)).toEqual([]);
  });
});

describe('joined words', () => {
  it('have blanks where their script has', () => {
    expect(joinWords(['一个', '红色', '圆形'])).toBe('一个红色圆形');
    expect(joinWords(['iphone', '手机', '3', '个'])).toBe('iphone 手机 3 个');
    expect(joinWords(['собака', 'бежит'])).toBe('собака бежит');
    expect(joinWords([])).toBe('');
  });
});

describe('folded texts', () => {
  it.each([
    ['Straße', 'strasse'],
    ['İstanbul', 'istanbul'],
    ['كِتَابٌ أحمد', 'كتاب احمد'],
    ['שָׁלוֹם', 'שלום'],
    ['ｶﾞ ﬁne', 'ガ fine'],
    ['A black/white ferret', 'a black/white ferret'],
  ])('%s is %s', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });

  it('are the same composed and decomposed, and when they are folded again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const folded = foldText(text);
        expect(foldText(text.normalize('NFD'))).toBe(folded);
        expect(foldText(text.normalize('NFC'))).toBe(folded);
        expect(foldText(folded)).toBe(folded);
      }),
    );
  });
});

describe('a vocabulary', () => {
  const captions = [
    ['a', 'dog', 'runs'],
    ['a', 'cat'],
    ['a', 'dog'],
  ];

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
