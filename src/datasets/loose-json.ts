/** JSON as programs write it that do not keep to it. */
import { parseJson } from '../files/json.js';

/** Passed over: what stands in it is text. */
const STRING = String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`;
/** Numbers that a double does not hold: those of two photos could become the same. */
const LONG_NUMBER = String.raw`(?<![\w.+-])-?\d{16,}(?![\w.])`;
const NO_NUMBER = String.raw`(?<!\w)-?(?:NaN|Infinity)(?!\w)`;
const TOKENS = new RegExp(`${STRING}|(?<long>${LONG_NUMBER})|(?<none>${NO_NUMBER})`, 'gs');
const WHITE = /[\t\n\v\f\r]+/g;
const CONTROLS = /\p{Cc}+/gu;

/**
 * The value of a JSON text, or undefined if it is none. Whole numbers too long to be exact are given as strings. A text
 * that is no JSON for the control characters in its strings, or for Python's `NaN` in place of what is missing, is read
 * without these.
 */
export function parseLoosely(text: string): unknown {
  const exact = /\d{16}/.test(text)
    ? text.replace(TOKENS, (token: string, long: string | undefined) => (long === undefined ? token : `"${token}"`))
    : text;
  return (
    parseJson(exact) ??
    parseJson(
      exact
        .replace(WHITE, ' ')
        .replace(CONTROLS, '')
        .replace(TOKENS, (token: string, _: unknown, none: string | undefined) =>
          none === undefined ? token : 'null',
        ),
    )
  );
}
