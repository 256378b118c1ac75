/** Progress of long work on stderr: a bar with rate and time left on a terminal, plain lines elsewhere. */
import { Presets, SingleBar } from 'cli-progress';
import { SlidingRate } from '../monitoring/rate.js';

/** Where progress and messages go: `process.stderr`, or any stream. */
export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** One long piece of work whose end is known. */
export interface Progress {
  /**
   * Work done so far, in units. `total` may become known, or grow, on the way.
   *
   * @param remark what else is to be said, in place of the time left
   */
  update(done: number, total?: number, remark?: string): void;
  /** Ends the bar or prints the last line. More than one call is harmless. */
  stop(): void;
}

export interface ProgressOptions {
  /** What is going on, such as `Importing`. */
  readonly label: string;
  /** Unit of the numbers, such as `photos`; `bytes` are shown in MB. */
  readonly unit: string;
  /** 0 while it is not known. */
  readonly total: number;
  /** Done before it begins, which says nothing of the rate. Default: 0. */
  readonly done?: number;
}

/** A log file needs a line now and then, not ten a second. */
const SECONDS_BETWEEN_LINES = 10;

const shown = (value: number, unit: string) => (unit === 'bytes' ? (value / 1e6).toFixed(1) : String(value));

/** Seconds as `45 s`, `12 min 5 s` or `3 h 20 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Begins to show a piece of work on `terminal`. */
export function startProgress(terminal: Terminal, options: ProgressOptions): Progress {
  return terminal.isTTY === true ? startBar(terminal, options) : startLines(terminal, options);
}

/** Shows a piece of work from its beginning to its end, also when it fails. */
export async function withProgress<T>(
  terminal: Terminal,
  options: ProgressOptions,
  work: (update: Progress['update']) => Promise<T>,
): Promise<T> {
  const progress = startProgress(terminal, options);
  try {
    return await work((done, total) => {
      progress.update(done, total);
    });
  } finally {
    progress.stop();
  }
}

/** Amount, rate and time left; of these two nothing before there is enough to tell by. */
function describe({ unit }: ProgressOptions, done: number, total: number, rate: SlidingRate, remark?: string): string {
  const shownUnit = unit === 'bytes' ? 'MB' : unit;
  const amount = `${shown(done, unit)} of ${shown(total, unit)} ${shownUnit}`;
  const [perSecond, secondsLeft] = [rate.perSecond, rate.secondsFor(total - done)];
  if (perSecond === undefined || secondsLeft === undefined)
    return remark === undefined ? amount : `${amount}, ${remark}`;
  const speed = (unit === 'bytes' ? perSecond / 1e6 : perSecond).toFixed(1);
  return `${amount}, ${speed} ${shownUnit}/s, ${remark ?? `${formatDuration(secondsLeft)} left`}`;
}

function startBar(terminal: Terminal, options: ProgressOptions): Progress {
  const begun = options.done ?? 0;
  const rate = new SlidingRate(begun);
  let total = options.total;
  const state = (done: number, remark?: string) => ({ state: describe(options, done, total, rate, remark) });
  const bar = new SingleBar(
    {
      format: `${options.label} {bar} {state}`,
      barsize: 24,
      stream: terminal,
      hideCursor: true,
      linewrap: false,
      fps: 5,
    },
    Presets.shades_classic,
  );
  let shows = false;
  // Work that fails before its size is known has nothing to show.
  const show = () => {
    if (shows || total === 0) return;
    shows = true;
    bar.start(total, begun, state(begun));
  };
  show();
  return {
    update(done, newTotal = total, remark?: string) {
      total = newTotal;
      rate.add(done);
      show();
      bar.setTotal(total);
      bar.update(done, state(done, remark));
    },
    stop: () => {
      if (shows) bar.stop();
    },
  };
}

function startLines(terminal: Terminal, options: ProgressOptions): Progress {
  const begun = options.done ?? 0;
  const rate = new SlidingRate(begun);
  let state: { done: number; total: number; remark?: string | undefined } = { done: begun, total: options.total };
  let last = performance.now();
  let written = begun;
  let stopped = false;
  const line = () => {
    written = state.done;
    terminal.write(`${options.label}: ${describe(options, state.done, state.total, rate, state.remark)}\n`);
  };
  return {
    update(done, total = state.total, remark?: string) {
      state = { done, total, remark };
      rate.add(done);
      const now = performance.now();
      if (now - last < SECONDS_BETWEEN_LINES * 1000) return;
      last = now;
      line();
    },
    stop() {
      if (!stopped && written !== state.done) line();
      stopped = true;
    },
  };
}
