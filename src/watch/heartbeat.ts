/**
 * A sign of life that a thread gives by its event loop, and that another thread reads from memory they share: it can be
 * read while the loop stands.
 */

/** What the two threads share. It can be handed to a worker thread. */
export type SharedBeats = Int32Array<SharedArrayBuffer>;

/** Between two beats, and two looks at them. */
const BEAT_MILLISECONDS = 250;

export function createBeats(): SharedBeats {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Has the loop of this thread beat from now on. @returns the timer that does it */
export function beat(beats: SharedBeats): NodeJS.Timeout {
  return setInterval(() => Atomics.add(beats, 0, 1), BEAT_MILLISECONDS).unref();
}

/**
 * Looks at the beats of another thread, again and again.
 *
 * Time is counted in looks of the thread that looks, not by a clock: a process that was stopped, or a laptop that slept,
 * stood with all its threads, and goes on with the count where it was.
 *
 * @param onLook told how many seconds the other has stood
 * @returns the timer that does it
 */
export function watchBeats(beats: SharedBeats, onLook: (stoodSeconds: number) => void): NodeJS.Timeout {
  let [last, looks] = [Atomics.load(beats, 0), 0];
  return setInterval(() => {
    const now = Atomics.load(beats, 0);
    looks = now === last ? looks + 1 : 0;
    last = now;
    onLook((looks * BEAT_MILLISECONDS) / 1000);
  }, BEAT_MILLISECONDS);
}
