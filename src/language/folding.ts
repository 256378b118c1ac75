/**
 * Texts folded so that spellings of the same word are the same: `Café` (composed or not), `CAFÉ` and `cafe`; `Straße`
 * and `strasse`. What carries meaning stays: vowel signs of Devanagari and Thai, voicing marks of kana, й.
 *
 * The tables are the program's own because models are trained on what they give: those of a library change with its
 * versions.
 */

/**
 * Letters of the Latin script that Unicode does not compose from a base letter and marks; those of lodash's and
 * Lucene's folding.
 */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ħ: 'h',
  ŧ: 't',
  ĸ: 'k',
  ŋ: 'n',
  ƀ: 'b',
  ǥ: 'g',
  ɨ: 'i',
  ƶ: 'z',
  // Russian is written with either; й, ї and ў are other letters than и, і and у.
  ё: 'е',
  // Arabic is written with or without the hamza of an alif, Ukrainian with any apostrophe.
  أ: 'ا',
  إ: 'ا',
  آ: 'ا',
  ٱ: 'ا',
  ʼ: "'",
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu');

/**
 * Accents and vowel points that a word is read without. Letters of Latin and Greek have no others; й is composed before
 * Cyrillic's are dropped.
 */
const LATIN_OR_GREEK_MARKS = /(?<=[\p{Script=Latin}\p{Script=Greek}\p{N}])\p{M}+/gu;
const SEMITIC_MARKS =
  /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0640]/gu;
const STRESS = /(?<=\p{Script=Cyrillic})[\u0300\u0301]+/gu;

/** What is not to be seen, but for the blank without width that ends words of Thai and Khmer. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|\p{Me}/gu;

/**
 * A text in lower case with its letters folded; composed and decomposed texts give the same. Blanks and punctuation
 * stay. Words and queries that are folded alike can be compared as they are.
 */
export function foldText(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replaceAll('\u200b', ' ')
    .replace(INVISIBLE, '')
    .replace(LATIN_OR_GREEK_MARKS, '')
    .toLowerCase()
    // Lower case of İ has a mark of its own.
    .replace(LATIN_OR_GREEK_MARKS, '')
    .replace(SEMITIC_MARKS, '')
    // NFKD takes the vowel AM of Thai and of Lao apart, which nobody writes so and no composition undoes.
    .replaceAll('\u0e4d\u0e32', '\u0e33')
    .replaceAll('\u0ecd\u0eb2', '\u0eb3')
    .normalize('NFC')
    .replace(STRESS, '');
  return plain.replace(LETTER, (letter) => LETTERS[letter] ?? letter);
}
