/** How many candidate captions a client may ask for. */
import { DEFAULT_OPTIONS } from '../captioner/captioner.js';
import { EkphrasisError, ErrorCode } from '../errors.js';

/** The beam search that writes the caption ends with as many: with a wider one the caption itself could be another. */
const MOST_CANDIDATES = DEFAULT_OPTIONS.beamWidth;

export const FIRST_CANDIDATES = { defaultValue: MOST_CANDIDATES, description: `How many, from 1 to ${MOST_CANDIDATES}.` };

/** The beam search runs for them. */
const CANDIDATES_COST = 500;

/** Options of a field that returns candidates. */
export const candidatesOptions = {
  complexity: ({ childComplexity }: { readonly childComplexity: number }) => CANDIDATES_COST + MOST_CANDIDATES * childComplexity,
};

/** @throws BAD_USER_INPUT */
export function checkCandidates(first: number): void {
  if (first >= 1 && first <= MOST_CANDIDATES) return;
  throw new EkphrasisError(ErrorCode.BadInput, `The number of candidates is from 1 to ${MOST_CANDIDATES}, not ${first}.`);
}
