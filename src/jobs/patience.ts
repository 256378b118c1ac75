/** Goes on asking a database that does not answer: it may only be starting again. */
import { setTimeout as wait } from 'node:timers/promises';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { isDatabaseLoss } from '../store/database-loss.js';

const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 2000;

export interface Patience {
  /** How long the database may be out of reach. */
  readonly milliseconds: number;
  /** Ends the waiting early. */
  readonly signal: AbortSignal;
}

/**
 * Does what needs the database, again and again while it is out of reach.
 *
 * @throws DATABASE_UNAVAILABLE when it was out of reach for too long, or the waiting was ended; at once what else the action throws
 */
export async function patiently<T>(action: () => Promise<T>, { milliseconds, signal }: Patience): Promise<T> {
  const started = performance.now();
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS)) {
    try {
      return await action();
    } catch (cause) {
      if (!isDatabaseLoss(cause)) throw cause;
      const seconds = (performance.now() - started) / 1000;
      if (signal.aborted || 1000 * seconds >= milliseconds) {
        throw new EkphrasisError(ErrorCode.DatabaseUnavailable, `The database has not answered for ${seconds.toFixed(0)} s.`, { cause });
      }
    }
    await wait(pause, undefined, { signal }).catch(() => undefined);
  }
}
