/** Ends this process when its event loop stands for too long, so that whoever supervises it can start it again. */
import { once } from 'node:events';
import { url } from 'node:inspector';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PROGRAM_FOLDER } from '../program-folder.js';
import { beat, createBeats } from './heartbeat.js';
import type { WatchdogData } from './watchdog-thread.js';

/** The compiled script, for tests that run from `src` too. */
const SCRIPT = join(PROGRAM_FOLDER, 'dist', 'watch', 'watchdog-thread.js');

export interface WatchdogOptions {
  /** What the process does, for the line that says why it ended. */
  readonly what: string;
  /** How long the loop may stand; 0 for however long. */
  readonly seconds: number;
}

/**
 * Watches the loop of this thread by a thread of its own. Under a debugger, which stops the loop on purpose, it does
 * not.
 *
 * @returns when the loop is watched, a function that ends the watch
 */
export async function startWatchdog({ what, seconds }: WatchdogOptions): Promise<() => Promise<void>> {
  if (seconds === 0 || url() !== undefined) return () => Promise.resolve();
  const beats = createBeats();
  const heart = beat(beats);
  const workerData: WatchdogData = { what, seconds, beats };
  // It needs little: a counter and a timer.
  const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 };
  // Options of the process, such as --input-type, need not suit the script of a thread.
  const thread = new Worker(SCRIPT, { workerData, resourceLimits, execArgv: [] });
  thread.unref();
  await once(thread, 'message');
  return async () => {
    clearInterval(heart);
    await thread.terminate();
  };
}
