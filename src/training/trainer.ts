/** Starts a training in a process of its own: ONNX Runtime occupies the JavaScript thread while it computes. */
import { fork } from 'node:child_process';
import { EventEmitter, on } from 'node:events';
import { join } from 'node:path';
import { ErrorCode } from '../errors.js';
import { PROGRAM_FOLDER } from '../program-folder.js';
import type { TrainingEvent } from './events.js';
import type { TrainingRun } from './train.js';

/** The compiled script, for tests that run from `src` too. */
const SCRIPT = join(PROGRAM_FOLDER, 'dist', 'training', 'trainer-process.js');

export interface Trainer {
  /** Every event in order; the last is `finished`, `failed` or `cancelled`. To be read once. */
  readonly events: AsyncIterable<TrainingEvent>;
  /** Ends the process. What the last finished epoch wrote stays. */
  cancel(): void;
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
  child.on('message', (event: TrainingEvent) => { tell(event); });
  child.on('error', (error) => { tell({ type: 'failed', code: ErrorCode.ProcessFailed, message: error.message }); });
  child.on('close', (code, signal) => {
    if (cancelled) tell({ type: 'cancelled' });
    else tell({ type: 'failed', code: ErrorCode.ProcessFailed, message: `The training process ended (${signal ?? `exit code ${String(code)}`}).` });
    emitter.emit('end');
  });
  child.send(run);

  return {
    events: eventsFrom(received),
    cancel() {
      cancelled = true;
      child.kill('SIGTERM');
    },
  };
}

async function* eventsFrom(received: AsyncIterable<unknown>): AsyncGenerator<TrainingEvent> {
  for await (const [event] of received as AsyncIterable<[TrainingEvent]>) yield event;
}
