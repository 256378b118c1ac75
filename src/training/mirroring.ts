/** Which captions are true of a photo's mirror image as well. */
import { tokenise } from '../language/tokeniser.js';

const SIDES: ReadonlySet<string> = new Set(['left', 'right']);

/** Whether none of the captions tells left from right. Writing in the photo is not read, so it does not matter. */
export function holdsInAMirror(captions: readonly string[]): boolean {
  return !captions.some((caption) => tokenise(caption).some((word) => SIDES.has(word)));
}
