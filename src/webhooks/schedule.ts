/** When a message is sent again: over more than a day, further and further apart. */
import type { ClaimedDelivery, Verdict } from '../store/webhook-deliveries.js';

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

/** After each attempt that failed; after the last one the message has failed for good. */
export const DELAYS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
];

/** Up to so much of a delay is added, so that those who failed together do not come together. */
const SPREAD = 0.1;

/** A receiver that is away is asked as often, by whatever message is next. */
const LONGEST_REST = HOUR;

/** The receiver says that it will never again take anything. */
const GONE = 410;

/**
 * A message waits by its own failures. Its webhook rests by those in a row, of whatever messages: one that is not taken
 * does not keep others back.
 *
 * @param status of the answer; null where there was none
 */
export function verdictOf(
  { failures, failuresInARow }: Pick<ClaimedDelivery, 'failures' | 'failuresInARow'>,
  status: number | null,
  random: () => number = Math.random,
): Verdict {
  if (isTaken(status)) return { kind: 'delivered' };
  const disable = status === GONE;
  const again = disable ? undefined : delayAfter(failures, random);
  return {
    kind: 'failed',
    again,
    rest: Math.min(delayAfter(failuresInARow, random) ?? LONGEST_REST, LONGEST_REST),
    disable,
  };
}

export function isTaken(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}

function delayAfter(failures: number, random: () => number): number | undefined {
  const delay = DELAYS[failures];
  return delay === undefined ? undefined : delay * (1 + SPREAD * random());
}
