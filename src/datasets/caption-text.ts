/** The text of one caption, cleaned of what is no text. */
import { hasWords } from '../language/tokeniser.js';

/** White space that ends or moves a line. A caption is one line. */
const LINE_SPACE = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;
/** Control characters (Postgres stores no NUL), halves of characters and byte order marks. */
const NO_TEXT = /[\p{Cc}\p{Cs}\ufeff]/gu;

export interface CleanText {
  readonly text: string;
  /** Whether anything but white space was removed. */
  readonly changed: boolean;
}

/** A caption as one line of text, which may be empty. */
export function cleanLine(caption: string): CleanText {
  const line = caption.replaceAll(LINE_SPACE, ' ');
  const text = line.replaceAll(NO_TEXT, '').trim();
  return { text, changed: text !== line.trim() };
}

/** @returns undefined for a caption without a word: no letter and no number of any script */
export function cleanCaption(caption: string): CleanText | undefined {
  const clean = cleanLine(caption);
  return hasWords(clean.text) ? clean : undefined;
}
