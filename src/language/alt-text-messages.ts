/** The rules of alternative texts, and what people are told who write them. */

export const ALT_TEXT_RULES = [
  'NO_WORDS',
  'REDUNDANT_START',
  'FILE_NAME',
  'PLACEHOLDER',
  'REPEATS_CAPTION',
  'ALL_CAPS',
  'TOO_LONG',
  'NO_END',
] as const;
export type AltTextRule = (typeof ALT_TEXT_RULES)[number];

export const ALT_TEXT_MESSAGES = {
  en: {
    NO_WORDS: 'The text has no words. Say what the image shows, or mark the image as decorative.',
    REDUNDANT_START: 'Screen readers say themselves that this is an image. Begin with what it shows.',
    FILE_NAME: 'This is the name of a file. Say what the image shows.',
    PLACEHOLDER: 'This could stand for any image. Say what this one shows, or mark the image as decorative.',
    REPEATS_CAPTION: 'The text beside the image says the same. People who listen would hear it twice.',
    ALL_CAPS: 'Some screen readers spell words in capitals letter by letter. Write them as usual.',
    TOO_LONG: 'The text has more than 150 characters. Keep what matters here, and put the rest into the page.',
    NO_END: 'The text has no full stop at its end. With one, screen readers pause before they go on.',
  },
  de: {
    NO_WORDS: 'Der Text hat keine Wörter. Sagen Sie, was das Bild zeigt, oder kennzeichnen Sie es als Schmuck.',
    REDUNDANT_START: 'Vorleseprogramme sagen selbst, dass es ein Bild ist. Beginnen Sie mit dem, was es zeigt.',
    FILE_NAME: 'Das ist der Name einer Datei. Sagen Sie, was das Bild zeigt.',
    PLACEHOLDER: 'Das passt auf jedes Bild. Sagen Sie, was dieses zeigt, oder kennzeichnen Sie es als Schmuck.',
    REPEATS_CAPTION: 'Der Text neben dem Bild sagt dasselbe. Wer zuhört, hört es zweimal.',
    ALL_CAPS: 'Manche Vorleseprogramme buchstabieren Wörter aus Großbuchstaben. Schreiben Sie sie wie sonst auch.',
    TOO_LONG:
      'Der Text hat mehr als 150 Zeichen. Sagen Sie hier das Wichtige, und schreiben Sie den Rest in die Seite.',
    NO_END: 'Am Ende fehlt ein Punkt. Mit ihm machen Vorleseprogramme eine Pause, ehe sie weiterlesen.',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<AltTextRule, string>>>>;
