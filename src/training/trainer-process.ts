/** The process that trains. It is sent one `TrainingRun` and answers with `TrainingEvent`s until it ends. */
import { getPriority, setPriority } from 'node:os';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { TrainingEvent } from './events.js';
import type { TrainingRun } from './run.js';
import { train } from './train.js';

/** A server on the same machine goes first. */
setPriority(Math.min(19, getPriority() + 5));

// A terminal's Ctrl-C reaches this process too; its parent decides what becomes of the training.
process.on('SIGINT', () => undefined);

function emit(event: TrainingEvent): void {
  // A server that was killed does not hear it, and that is no failure of this process.
  process.send?.(event, undefined, undefined, () => undefined);
}

process.once('message', (run: TrainingRun) => {
  train(run, emit)
    .catch((error: unknown) => {
      if (error instanceof EkphrasisError) emit({ type: 'failed', code: error.code, message: error.message });
      else
        emit({
          type: 'failed',
          code: ErrorCode.TrainingFailed,
          message: error instanceof Error ? error.message : String(error),
        });
    })
    .finally(() => {
      process.disconnect();
    });
});
// A server that is gone has no use for a training that nobody will hear of.
process.once('disconnect', () => {
  process.exit();
});
