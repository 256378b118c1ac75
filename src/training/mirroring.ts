/** Which captions are true of a photo's mirror image as well. */
import { DEFAULT_LANGUAGE, sidesIn } from '../language/languages.js';
import { tokenise } from '../language/tokeniser.js';

/**
 * Whether none of the captions tells left from right. Writing in the photo is not read, so it does not matter.
 *
 * @param language of the captions; in one whose words for the sides are not known, no caption holds
 */
export function holdsInAMirror(captions: readonly string[], language = DEFAULT_LANGUAGE): boolean {
  const sides = sidesIn(language);
  return sides !== undefined && !captions.some((caption) => tokenise(caption).some((word) => sides.test(word)));
}
