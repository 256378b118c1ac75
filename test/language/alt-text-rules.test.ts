import { describe, expect, test } from 'vitest';
import { ALT_TEXT_MESSAGES, ALT_TEXT_RULES } from '../../src/language/alt-text-messages.js';
import { checkAltText } from '../../src/language/alt-text-rules.js';
import { fitsLanguage, lookupOf } from '../../src/language/languages.js';
import { asSentence } from '../../src/language/sentence.js';

const rules = (text: string, situation = {}) => checkAltText(text, situation).map(({ rule }) => rule);

describe('a good text has nothing against it', () => {
  test.each([
    'A brown dog runs along the beach.',
    'Ein Hund läuft am Strand.',
    'Photographer Jane Doe holds her camera.',
    'Picture framers at work in Ulm.',
    'The NASA logo.',
    'Bilder hängen an der Wand.',
    'Fotografen warten auf den Zug.',
    'Bildhauerin mit Hammer.',
    'Image: nation and myth, a book.'.replace('Image: ', 'Imagination: '),
    'Drawing pens on a table!',
    '一只狗在海滩上奔跑。',
    'Ist das ein Hund?',
    'The word “stop”.',
  ])('%s', (text) => {
    expect(rules(text)).toEqual([]);
  });
});

test.each([
  ['Image of a dog.', ['REDUNDANT_START']],
  ['a photo of a dog', ['REDUNDANT_START', 'NO_END']],
  ['A black-and-white photograph showing two dogs.', ['REDUNDANT_START']],
  ['Image may show: a dog.', ['REDUNDANT_START']],
  ['Picture: a dog.', ['REDUNDANT_START']],
  ['Ein Bild von einem Hund.', ['REDUNDANT_START']],
  ['Foto eines Hundes.', ['REDUNDANT_START']],
  ['Auf dem Bild läuft ein Hund.', ['REDUNDANT_START']],
  ['Das Foto zeigt einen Hund.', ['REDUNDANT_START']],
  ['IMG_2034', ['FILE_NAME', 'NO_END']],
  ['dog-on-beach.jpg', ['FILE_NAME', 'NO_END']],
  ['DSC00123.JPG', ['FILE_NAME', 'NO_END']],
  ['hero-1200x800', ['FILE_NAME', 'NO_END']],
  ['image', ['PLACEHOLDER', 'NO_END']],
  ['Platzhalter.', ['PLACEHOLDER']],
  ['TODO', ['PLACEHOLDER', 'NO_END']],
  ['A DOG RUNS ALONG.', ['ALL_CAPS']],
  ['', ['NO_WORDS']],
  [' – … ', ['NO_WORDS']],
  ['A dog', ['NO_END']],
])('%s: %j', (text, expected) => {
  expect(rules(text)).toEqual(expected);
});

test('what stands around the image counts', () => {
  expect(rules('beach', { fileName: 'photos/beach.jpg' })).toEqual(['FILE_NAME', 'NO_END']);
  expect(rules('Two dogs.', { fileName: 'Two dogs.jpg' })).toEqual([]);
  expect(rules('Our dog Rex.', { caption: ' our DOG Rex ' })).toEqual(['REPEATS_CAPTION']);
});

test('length is counted in characters as people see them', () => {
  const family = '👨‍👩‍👧‍👦';
  expect(rules(`${family.repeat(100)} a family.`)).toEqual([]);
  const long = `${'dog '.repeat(40)}runs.`;
  expect(checkAltText(long)).toMatchObject([{ rule: 'TOO_LONG', start: 150, end: long.length }]);
});

test('every rule is told in every language', () => {
  for (const messages of Object.values(ALT_TEXT_MESSAGES))
    for (const rule of ALT_TEXT_RULES) expect(messages[rule]).toMatch(/^[A-ZÄÖÜ].*\.$/u);
  expect(checkAltText('x', { messagesIn: 'de' })[0]?.message).toContain('Punkt');
});

test("a model's words become a sentence", () => {
  expect(asSentence(' a dog ', 'en')).toBe('A dog.');
  expect(asSentence('istanbul!', 'tr')).toBe('İstanbul!');
  expect(asSentence('一只狗', 'zh')).toBe('一只狗。');
});

test('languages fit those that they are a kind of, and are looked up from the exact to the general', () => {
  expect(fitsLanguage('en-US', 'en')).toBe(true);
  expect(fitsLanguage('en', 'en-GB')).toBe(true);
  expect(fitsLanguage('eng', 'en')).toBe(false);
  expect(lookupOf('zh-Hant-TW')).toEqual(['zh-Hant-TW', 'zh-Hant', 'zh']);
});
