import { cleanCaption } from '../datasets/caption-text.js';
import { EkphrasisError, ErrorCode } from '../errors.js';

/**
 * A sentence that a person wrote, as one line.
 *
 * @param what as a message names it, such as `caption`
 * @param longest in characters
 * @throws EkphrasisError BAD_USER_INPUT for one without a word, or one that is too long
 */
export function checkLine(text: string, what: string, longest: number): string {
  const line = cleanCaption(text)?.text.replaceAll(/\s+/gu, ' ');
  if (line === undefined) {
    throw new EkphrasisError(ErrorCode.BadInput, `The ${what} has no word: no letter and no number.`);
  }
  if (line.length > longest) {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      `The ${what} has ${line.length} characters; at most ${longest} are kept.`,
    );
  }
  return line;
}
