/** The thread that watches the main thread's event loop and ends the process when it stands. */
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type SharedBeats, watchBeats } from './heartbeat.js';

export interface WatchdogData {
  readonly what: string;
  readonly seconds: number;
  readonly beats: SharedBeats;
}

const STDERR = 2;
/** pino's number for `fatal`. */
const FATAL = 60;

const { what, seconds, beats } = workerData as WatchdogData;

watchBeats(beats, (stood) => {
  if (stood < seconds) return;
  try {
    // The logger lives in the thread that stands. A line as it would write it.
    const msg = `The event loop of the ${what} has stood for ${stood.toFixed(0)} s: the process ends itself, to be started again.`;
    writeSync(
      STDERR,
      `${JSON.stringify({ level: FATAL, time: Date.now(), pid: process.pid, hostname: hostname(), msg })}\n`,
    );
  } finally {
    // Nothing gentler ends a loop that stands.
    process.kill(process.pid, 'SIGKILL');
  }
});
parentPort?.postMessage('watching');
