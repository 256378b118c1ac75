/** Progress of long work on stderr: a bar with rate and time left on a terminal, plain lines elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

/** Where progress and messages go: `process.stderr`, or any stream. */
export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** One long piece of work whose end is known. */
export interface Progress {
  /** Work done so far, in units. `total` may become known, or grow, on the way. */
  update(done: number, total?: number): void;
  /** Ends the bar or prints the last line. More than one call is harmless. */
  stop(): void;
}

export interface ProgressOptions {
  /** What is going on, such as `Importing`. */
  readonly label: string;
  /** Unit of the numbers, such as `photos`; `bytes` are shown in MB. */
  readonly unit: string;
  readonly total: number;
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

/** Rate since the start and the time that is left at that rate. */
export function estimate(done: number, total: number, seconds: number): { rate: number; secondsLeft: number } {
  const rate = seconds > 0 ? done / seconds : 0;
  return { rate, secondsLeft: rate > 0 ? (total - done) / rate : Number.POSITIVE_INFINITY };
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

function describe(options: ProgressOptions, done: number, total: number, started: number): string {
  const unit = options.unit === 'bytes' ? 'MB' : options.unit;
  const { rate, secondsLeft } = estimate(done, total, (performance.now() - started) / 1000);
  const amount = `${shown(done, options.unit)} of ${shown(total, options.unit)} ${unit}`;
  const speed = options.unit === 'bytes' ? (rate / 1e6).toFixed(1) : rate.toFixed(1);
  return `${amount}, ${speed} ${unit}/s, ${formatDuration(secondsLeft)} left`;
}

function startBar(terminal: Terminal, options: ProgressOptions): Progress {
  const started = performance.now();
  let total = options.total;
  const state = (done: number) => ({ state: describe(options, done, total, started) });
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
    bar.start(total, 0, state(0));
  };
  show();
  return {
    update(done, newTotal = total) {
      total = newTotal;
      show();
      bar.setTotal(total);
      bar.update(done, state(done));
    },
    stop: () => {
      if (shows) bar.stop();
    },
  };
}

function startLines(terminal: Terminal, options: ProgressOptions): Progress {
  const started = performance.now();
  let state = { done: 0, total: options.total };
  let last = started;
  let written = 0;
  let stopped = false;
  const line = () => {
    written = state.done;
    terminal.write(`${options.label}: ${describe(options, state.done, state.total, started)}\n`);
  };
  return {
    update(done, total = state.total) {
      state = { done, total };
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
