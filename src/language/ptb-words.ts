/**
 * Words as pycocoevalcap divides captions: the rules of the Penn Treebank, as Stanford's PTBTokenizer 3.4.1 keeps to them with
 * `-preserveLines -lowerCase`, less the signs that pycocoevalcap removes. Figures of papers are made with these words.
 * Found by giving that program texts and looking at what came back; bench/captions compares both on real captions.
 */

/** What pycocoevalcap removes. Brackets stay, as `-lrb-`: its list has them in capitals. */
const REMOVED = new Set(["''", "'", '``', '`', '.', '?', '!', ',', ':', '-', '--', '...', ';']);

/** Short forms that keep their full stop, wherever they stand. */
const SHORT_FORMS =
  'mr mrs ms dr st ave blvd rd co inc ltd jr sr vs etc mt ft jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues ' +
  'wed thu thurs fri gov sen rep reps sens gen col capt lt sgt cpl maj adm prof rev hon messrs mme mlle bros corp dept est ' +
  'univ assn esq ph\\.d al cf ext tel sq calif ala ariz conn fla ga ind kan ky md mich minn mo mont neb nev okla penn tenn ' +
  'va vt wis wyo pres supt insp cmdr det pvt atty ste bldg wm jos alex [a-z](?:\\.[a-z])*';
/** Those that do with a capital only: others are words. */
const CAPITAL_SHORT_FORMS = 'Ark Del Ill La Mass Miss Ore Pa Tex Wash';
/** Those that do before a number only. */
const SHORT_BEFORE_NUMBERS = 'no fig figs pp nos art ca';

const oneOf = (words: string) => `(?:${words.split(' ').join('|')})`;

const LETTER = String.raw`[\p{L}\p{M}]`;
const SIGN = String.raw`[\p{L}\p{M}\p{Nd}]`;
/** A short form's full stop that was found by its capital. */
const KEPT_STOP = '\u2024';
const APOSTROPHE = "['’]";
const ENDS = `(?!${SIGN})`;
const NOT = `n${APOSTROPHE}t${ENDS}`;
const SIGNS_OF_WORD = `(?:(?!${NOT})${SIGN})+`;
/** A sign of the end of a sentence without a blank behind it is one of the word, as in `dog.A`. */
const PLAIN = `${SIGNS_OF_WORD}(?:[.!?](?=${LETTER})${SIGNS_OF_WORD})*`;

/** What is recognised, the first that fits. */
const TOKENS = [
  String.raw`https?:\/\/[^\s"<>]+`,
  String.raw`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`,
  String.raw`<\/?[a-z][^<>\s]*>`,
  // Two words in one.
  `(?:can(?=not${ENDS})|gon(?=na${ENDS})|got(?=ta${ENDS})|lem(?=me${ENDS})|gim(?=me${ENDS})|wan(?=na${ENDS}))`,
  `${APOSTROPHE}t(?=(?:is|was)${ENDS})`,
  NOT,
  `y${APOSTROPHE}(?=all${ENDS})`,
  // What parts from the word before it.
  `${APOSTROPHE}(?:s|m|d|ll|re|ve)${ENDS}`,
  `${APOSTROPHE}(?:n${APOSTROPHE}|(?:em|til|till|cause)${ENDS})`,
  String.raw`'\d\ds${ENDS}`,
  // Names and words with an apostrophe inside.
  `o${APOSTROPHE}${LETTER}{2,}`,
  `[dlj]${APOSTROPHE}(?=${LETTER}{2})${LETTER}+`,
  String.raw`\d+\/\d+(?:\/\d+)*${ENDS}`,
  String.raw`\d+(?:[.,:]\d+)+${ENDS}`,
  String.raw`${oneOf(SHORT_FORMS)}\.${ENDS}`,
  `${SIGN}+${KEPT_STOP}`,
  String.raw`${oneOf(SHORT_BEFORE_NUMBERS)}\.(?=\s?\d)`,
  String.raw`[a-z]\+\+|[a-z]#`,
  `${PLAIN}(?:[-_/]${SIGNS_OF_WORD})*`,
  String.raw`\.{2,}|-{2,}|\S`,
];
const CAPITAL = new RegExp(String.raw`(?<!${SIGN})${oneOf(CAPITAL_SHORT_FORMS)}\.${ENDS}`, 'gu');
const LEXER = new RegExp(TOKENS.map((token) => `(?:${token})`).join('|'), 'giu');

/** What stands for a sign, as the program writes it. */
const SIGNS: Readonly<Record<string, string>> = {
  '(': '-lrb-',
  ')': '-rrb-',
  '[': '-lsb-',
  ']': '-rsb-',
  '{': '-lcb-',
  '}': '-rcb-',
  '½': '1/2',
  '¼': '1/4',
  '¾': '3/4',
  '£': '#',
  '€': '$',
  '…': '...',
  '–': '--',
  '—': '--',
  '“': '``',
  '”': "''",
  '"': "''",
  '‘': '`',
  '’': "'",
};

/** The words of a caption, in lower case, as pycocoevalcap counts them. */
export function ptbWords(text: string): string[] {
  const marked = text
    .replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '')
    .replaceAll(CAPITAL, (form) => `${form.slice(0, -1)}${KEPT_STOP}`);
  return [...marked.matchAll(LEXER)]
    .map(
      ([token]) =>
        SIGNS[token] ??
        token
          .toLowerCase()
          .replace(KEPT_STOP, '.')
          .replace(/^’|(?<=^n)’(?=t$)/, "'"),
    )
    .filter((token) => !REMOVED.has(token) && !/^(?:\.{2,}|-{2,})$/.test(token));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
