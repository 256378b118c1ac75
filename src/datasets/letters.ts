/** Which of the encodings of the Latin script a text is in, told by the letters that languages have. */
import iconv from 'iconv-lite';

/** Letters beyond ASCII, in lower case. The first line is for words that English and others borrow. */
const ALPHABETS: readonly string[] = [
  'àáâäåçèéêëíïñóôöøúü',
  'àâæçéèêëîïôœùûüÿ', // French
  'äöüß', // German
  'áéíñóúü', // Spanish
  'àáâãçéêíóôõúü', // Portuguese
  'àèéìîòóù', // Italian
  'áèéëïíóöúü', // Dutch
  'åäöéü', // Swedish, Finnish
  'æøåéòô', // Danish, Norwegian
  'áðéíóúýþæö', // Icelandic
  'àçèéíïòóúü·', // Catalan
  'äõöüšž', // Estonian
  'ąćęłńóśźż', // Polish
  'áčďéěíňóřšťúůýž', // Czech
  'áäčďéíĺľňóôŕšťúýž', // Slovak
  'áéíóöőúüű', // Hungarian
  'ăâîşţșț', // Romanian
  'čćđšž', // Slovenian, Croatian, Bosnian
  'çğıöşüâî', // Turkish
  'āčēģīķļņšūž', // Latvian
  'ąčęėįšųūž', // Lithuanian
];

/** The commoner first: of those that fit equally well, the first is taken. */
const ENCODINGS = [
  'windows-1252',
  'windows-1250',
  'iso-8859-2',
  'windows-1254',
  'windows-1257',
  'macintosh',
  'cp850',
] as const;
type LatinEncoding = (typeof ENCODINGS)[number];

/** Bytes that are looked at. */
const SAMPLE = 1024 * 1024;

const LETTER = /\p{L}/u;
/** Signs that stand beside words: quotation marks, dashes, signs of currency, degrees, inches and powers. */
const SIGN = /[’‘“”„‚«»‹›–—…·•€£¥§°²³½¼¾¿¡©®™ªº×\u00a0]/u;
const SIGN_IN_WORDS = /[’‘·–—\u00a0]/u;
const SIGN_BEFORE_WORDS = /[„‚¿¡]/u;

/**
 * The encoding in which the most of the letters beyond ASCII are of one language, and the share of them that are, from
 * 0 to 1.
 */
export function latinEncodingOf(bytes: Uint8Array): { readonly encoding: LatinEncoding; readonly fit: number } {
  const sample = Buffer.from(bytes.subarray(0, SAMPLE));
  const fits = ENCODINGS.map((encoding) => ({ encoding, fit: fitOf(iconv.decode(sample, encoding)) }));
  return fits.reduce((best, next) => (next.fit > best.fit ? next : best));
}

/**
 * How many of the characters beyond ASCII that ought to be letters are letters of one language, from 0 to 1; 1 where
 * there are none.
 */
function fitOf(text: string): number {
  const letters = new Map<string, number>();
  let all = 0;
  for (const { 0: sign, index } of text.matchAll(/[^\0-\x7f]/gu)) {
    if (LETTER.test(sign)) {
      const letter = isCapitalInside(text, index) ? undefined : sign.toLowerCase();
      if (letter !== undefined) letters.set(letter, (letters.get(letter) ?? 0) + 1);
      all += 1;
    } else if (!isSignInItsPlace(sign, text[index - 1] ?? '', text[index + 1] ?? '')) {
      all += 1;
    }
  }
  if (all === 0) return 1;
  const known = ALPHABETS.map((alphabet) =>
    [...letters].reduce((sum, [letter, count]) => sum + (alphabet.includes(letter) ? count : 0), 0),
  );
  return Math.max(...known) / all;
}

function isSignInItsPlace(sign: string, before: string, after: string): boolean {
  if (!LETTER.test(before)) return SIGN.test(sign);
  return LETTER.test(after) ? SIGN_IN_WORDS.test(sign) : SIGN.test(sign) && !SIGN_BEFORE_WORDS.test(sign);
}

/** A capital after a small letter: nobody writes so. */
function isCapitalInside(text: string, index: number): boolean {
  return /\p{Lu}/u.test(text[index] ?? '') && /\p{Ll}/u.test(text[index - 1] ?? '');
}
