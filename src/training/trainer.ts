/** Starts a training in a process of its own: ONNX Runtime occupies the JavaScript thread while it computes. */
import { fork } from 'node:child_process';
import { EventEmitter, on } from 'node:events';
import { join } from 'node:path';
import { ErrorCode } from '../errors.js';
import { PROGRAM_FOLDER } from '../program-folder.js';
import type { TrainingEvent } from './events.js';
import type { TrainingRun } from './run.js';

/** The compiled script, for tests that run from `src` too. */
const SCRIPT = join(PROGRAM_FOLDER, 'dist', 'training', 'trainer-process.js');

export interface Trainer {
  /** Every event in order; the last is `finished`, `failed` or `cancelled`. To be read once. */
  readonly events: AsyncIterable<TrainingEvent>;
  /** Ends the process, and resolves when it is gone. What the last finished epoch wrote stays. */
  cancel(): Promise<void>;
}

export function startTrainer(run: TrainingRun): Trainer {
  const child = fork(SCRIPT, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const emitter = new EventEmitter();
  const received = on(emitter, 'event', { close: ['end'] });
  let cancelled = false;
  let ended = false;

  const tell = (event: TrainingEvent) => {
    if (ended) return;
    ended = event.type === 'finished' || event.type === 'failed' || event.type === 'cancelled';
    emitter.emit('event', event);
  };
  child.on('message', (event: TrainingEvent) => {
    tell(event);
  });
  child.on('error', (error) => {
    tell({ type: 'failed', code: ErrorCode.ProcessFailed, message: error.message });
  });
  child.on('close', (code, signal) => {
    if (cancelled) tell({ type: 'cancelled' });
    else
      tell({
        type: 'failed',
        code: ErrorCode.ProcessFailed,
        message: describeEnd(run, signal ?? `exit code ${String(code)}`),
      });
    emitter.emit('end');
  });
  const closed = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  child.send(run);

  return {
    events: eventsFrom(received),
    cancel() {
      cancelled = true;
      child.kill('SIGTERM');
      return closed;
    },
  };
}

/** A driver or a native library that crashes takes the process with it, which then says nothing of its own. */
function describeEnd({ settings, compute }: TrainingRun, how: string): string {
  const { engine = compute.engine, device = compute.device } = settings;
  const remedy = device === 'cpu' ? '' : ' Where the device is at fault, the device cpu avoids it.';
  return `The training process ended (${how}). It computed with the engine ${engine} and the device ${device}.${remedy}`;
}

async function* eventsFrom(received: AsyncIterable<unknown>): AsyncGenerator<TrainingEvent> {
  for await (const [event] of received as AsyncIterable<[TrainingEvent]>) yield event;
}
