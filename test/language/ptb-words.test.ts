/** Texts, and the words that pycocoevalcap's PTBTokenizer (Stanford's of 3.4.1) found in them. */
import { expect, test } from 'vitest';
import { ptbWords } from '../../src/language/ptb-words.js';

const FOUND: readonly (readonly [text: string, words: string])[] = [
  [
    "A man isn't here, can't won't don't dont cannot gonna",
    "a man is n't here ca n't wo n't do n't dont can not gon na",
  ],
  ["gotta wanna lemme gimme 'tis 'twas", "got ta wan na lem me gim me 't is 't was"],
  ["The dogs' toys and the dog's toy. It's they're we've", "the dogs toys and the dog 's toy it 's they 're we 've"],
  ["I'll I'd I'm y'all", "i 'll i 'd i 'm y' all"],
  ["rock'n'roll o'clock rock 'n' roll d'etat", "rock 'n' roll o'clock rock 'n' roll d'etat"],
  ['A man (left) and a woman [right] {x}', 'a man -lrb- left -rrb- and a woman -lsb- right -rsb- -lcb- x -rcb-'],
  ['black/white dog and/or cat 1/2 3/4 9/11 w/ a hat', 'black/white dog and/or cat 1/2 3/4 9/11 w / a hat'],
  ['$5 and 50% off #5 & more @ home + 3 = 4 * 5', '$ 5 and 50 % off # 5 & more @ home + 3 = 4 * 5'],
  ["10:30 am 3.5 1,000 2nd 20th 1980's 1980s '80s", "10:30 am 3.5 1,000 2nd 20th 1980 's 1980s '80s"],
  ['Mr. Smith on St. Patrick’s day in the U.S. at 5 p.m.', "mr. smith on st. patrick 's day in the u.s. at 5 p.m."],
  ['a b.b. gun on 5th ave. near no. 5 etc.', 'a b.b. gun on 5th ave. near no. 5 etc.'],
  ['He said no. This is Wash. and this is a wash.', 'he said no this is wash. and this is a wash'],
  ['"quoted" ``tex\'\' “curly” ‘single’ it’s don’t', "quoted tex curly single it 's do n't"],
  ['em—dash en–dash two -- dashes ... ellipsis … ....', 'em dash en dash two dashes ellipsis'],
  ['café naïve Über 日本語 a dog ½ £5 €5 ™ ©', 'café naïve über 日本語 a dog 1/2 # 5 $ 5 ™ ©'],
  ['a dog,a cat;a bird:a fish!a man?yes', 'a dog a cat a bird a fish!a man?yes'],
  ['mid-air three-year-old off- -road a-b-c t- shirt', 'mid-air three-year-old off road a-b-c t shirt'],
  ['a dog.A cat. The end..', 'a dog.a cat the end'],
  ['two-way 6\'2" tall 5" thing 10\' pole', 'two-way 6 2 tall 5 thing 10 pole'],
  ["TV's ATVs' 4-wheeler 4x4 mp3 b&w at&t", "tv 's atvs 4-wheeler 4x4 mp3 b & w at & t"],
  ["wo n't ca n't is n't it 's the boys 's '", "wo n't ca n't is n't it 's the boys 's"],
  ['hello_world a*b c++ c# &amp;', 'hello_world a * b c++ c# &'],
  ['1,2,3 1-2 3-4-5 555-1234 12/25/2010', '1,2,3 1-2 3-4-5 555-1234 12/25/2010'],
  ['  ', ''],
];

test.each(FOUND)('%s', (text, words) => {
  expect(ptbWords(text).join(' ')).toBe(words);
});
