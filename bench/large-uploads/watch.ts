/** A thread that asks an address again and again until it is told to end, and says then how long each answer took. */
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const PAUSE_MILLISECONDS = 50;

const times: number[] = [];
const done = new AbortController();
parentPort?.once('message', () => {
  done.abort();
});
while (!done.signal.aborted) {
  const start = performance.now();
  await (await fetch(workerData as string)).arrayBuffer();
  times.push(performance.now() - start);
  await setTimeout(PAUSE_MILLISECONDS);
}
parentPort?.postMessage(times);
