/** Goes on asking a database that does not answer, or whose disk is full: it may only be starting again. */
import { setTimeout as wait } from 'node:timers/promises';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { isDiskFull } from '../files/storage-failure.js';
import { isDatabaseLoss } from '../store/database-loss.js';

const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 2000;

interface RetryLimits {
  /** How long the database may be out of reach. */
  readonly milliseconds: number;
  /** Ends the waiting early. */
  readonly signal: AbortSignal;
}

/**
 * Does what needs the database, again and again while it is out of reach or out of room.
 *
 * @throws STORAGE_FAILED when it was out of room for too long; DATABASE_UNAVAILABLE when it was out of reach for too long, or the waiting was ended; at once what else the
 *   action throws
 */
export async function retryWhileUnavailable<T>(
  action: () => Promise<T>,
  { milliseconds, signal }: RetryLimits,
): Promise<T> {
  const started = performance.now();
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS)) {
    try {
      return await action();
    } catch (cause) {
      const isFull = isDiskFull(cause);
      if (!isFull && !isDatabaseLoss(cause)) throw cause;
      const seconds = (performance.now() - started) / 1000;
      if (signal.aborted || 1000 * seconds >= milliseconds) {
        if (isFull) throw cause;
        throw new EkphrasisError(
          ErrorCode.DatabaseUnavailable,
          `The database has not answered for ${seconds.toFixed(0)} s.`,
          { cause },
        );
      }
    }
    await wait(pause, undefined, { signal }).catch(() => undefined);
  }
}
