/** Names of photos as people give them with a file. */
import { EkphrasisError, ErrorCode } from '../errors.js';

/** Longest name of a photo that is kept, in UTF-16 units. */
const LONGEST_NAME = 255;

/** Turns the direction of what follows, so that a name could look like another: `photo\u202Egpj.exe`. */
const DIRECTION_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/gu;

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * A file's name as it can be kept and shown: without a path, without what turns the direction of writing, and no longer
 * than 255, cut between characters.
 *
 * @throws BAD_USER_INPUT for a name that is missing, empty or blank, and for one with a control character
 */
export function toPhotoName(given: string | undefined): string {
  const path = given?.replaceAll(/\p{Cs}/gu, '\ufffd') ?? '';
  const control = /\p{Cc}/u.exec(path)?.[0];
  if (control !== undefined) {
    const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    throw new EkphrasisError(
      ErrorCode.BadInput,
      `The name of the file has a control character (U+${code}). Rename the file and send it again.`,
    );
  }
  const name = path.split(/[/\\]/).at(-1)?.replaceAll(DIRECTION_CONTROLS, '').trim() ?? '';
  // Blank also where all that is left is not drawn, such as a zero-width space.
  if (/^[\p{Cf}\p{Z}]*$/u.test(name)) {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      'The file has no name. Send the photo as a file with a name, such as photo.jpg.',
    );
  }
  return cut(name).trim();
}

function cut(name: string): string {
  if (name.length <= LONGEST_NAME) return name;
  let kept = '';
  for (const { segment } of characters.segment(name)) {
    if (kept.length + segment.length > LONGEST_NAME) break;
    kept += segment;
  }
  // One character may have any number of marks.
  return kept === '' ? name.slice(0, LONGEST_NAME).replace(/[\ud800-\udbff]$/, '') : kept;
}
