import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { EkphrasisError, ErrorCode } from '../errors.js';
import { PROGRAM_FOLDER } from '../program-folder.js';
import { type Calls, type CallName, fromFailure, type Reply, type Request } from './messages.js';

/** The compiled script, for tests that run from `src` too. */
const SCRIPT = join(PROGRAM_FOLDER, 'dist', 'inference', 'inference-process.js');

/** One running process; it answers one call after another. After it has ended every call fails. */
export class InferenceChild {
  private readonly process: ChildProcess;
  private ended: EkphrasisError | undefined;

  /** @param watchdogSeconds how long its event loop may stand before it ends itself; 0: for ever */
  constructor(watchdogSeconds = 0) {
    this.process = fork(SCRIPT, [String(watchdogSeconds)], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.process.once('error', (cause) => {
      this.end(cause.message, cause);
    });
    this.process.once('exit', (code, signal) => {
      this.end(signal ?? `exit code ${String(code)}`);
    });
  }

  get alive(): boolean {
    return this.ended === undefined;
  }

  /** @throws EkphrasisError PROCESS_FAILED when the process ends before it has answered; else what was thrown there */
  call<Name extends CallName>(request: Extract<Request, { call: Name }>): Promise<Calls[Name]['reply']> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(this.ended);
        return;
      }
      const settle = (action: () => void) => {
        this.process.off('message', onMessage).off('exit', onEnd).off('error', onEnd);
        action();
      };
      const onMessage = (reply: Reply) => {
        settle(() => {
          if ('failure' in reply) reject(fromFailure(reply.failure));
          else resolve(reply.value);
        });
      };
      const onEnd = () => {
        settle(() => {
          reject(this.ended ?? processFailed('unknown reason'));
        });
      };
      this.process.on('message', onMessage).once('exit', onEnd).once('error', onEnd);
      this.process.send(request, (error) => {
        if (error) onEnd();
      });
    });
  }

  /** Ends the process and waits until it has ended. */
  async close(): Promise<void> {
    if (this.ended) return;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exit;
  }

  private end(reason: string, cause?: unknown): void {
    this.ended ??= processFailed(reason, cause);
  }
}

function processFailed(reason: string, cause?: unknown): EkphrasisError {
  const message = `The process that sees and writes ended unexpectedly (${reason}). It is started anew with the next photo: try again.`;
  return new EkphrasisError(ErrorCode.ProcessFailed, message, { cause });
}
