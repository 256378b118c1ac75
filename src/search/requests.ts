/** What every search checks of what it is asked. */
import { EkphrasisError, ErrorCode } from '../errors.js';

/** A part of a ranking, by cursors of its hits. */
export interface RankingPart {
  /** At most this many, from the front, or with `backwards` from the back. Default: 20. */
  readonly limit?: number | undefined;
  /** The cursor of a hit: only what lies behind it. */
  readonly after?: string | undefined;
  /** The cursor of a hit: only what lies ahead of it. */
  readonly before?: string | undefined;
  readonly backwards?: boolean | undefined;
}

export const MAXIMUM_SEARCH_LENGTH = 500;
const MAXIMUM_HITS = 100;

/** @throws EkphrasisError BAD_USER_INPUT for an empty or too long text */
export function checkText(text: string): string {
  // Postgres has no such character in texts.
  const trimmed = text.replaceAll('\0', ' ').trim();
  if (trimmed === '') {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      'The search text is empty. Say what the photo shows, such as: dog running.',
    );
  }
  if (trimmed.length > MAXIMUM_SEARCH_LENGTH) {
    const message = `The search text has ${trimmed.length} characters; at most ${MAXIMUM_SEARCH_LENGTH} are searched for.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  return trimmed;
}

/** @throws EkphrasisError BAD_USER_INPUT */
export function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAXIMUM_HITS) return;
  throw new EkphrasisError(ErrorCode.BadInput, `The number of results is from 1 to ${MAXIMUM_HITS}, not ${limit}.`);
}
