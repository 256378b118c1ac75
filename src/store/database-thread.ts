/** The embedded database in a thread of its own, one that runs: after it has ended, every call fails. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { PROGRAM_FOLDER } from '../program-folder.js';
import { isDatabaseFull } from './database-loss.js';
import { createBeats, watchBeats } from '../watch/heartbeat.js';
import {
  type CompiledProgram,
  type CallName,
  type DatabasePlace,
  type DatabasePrograms,
  PRISMA_ERROR,
  type ThreadCalls,
  type ThreadData,
  type ThreadFailure,
  type ThreadMessage,
  type ThreadRequest,
} from './thread-calls.js';

declare const WebAssembly: { compile(bytes: Uint8Array): Promise<CompiledProgram> };

/** The compiled script, for tests that run from `src` too. */
const SCRIPT = join(PROGRAM_FOLDER, 'dist', 'store', 'database-thread-script.js');

let compiled: Promise<DatabasePrograms> | undefined;

/** PostgreSQL, compiled once for all threads of the process: they share what was compiled. */
function databasePrograms(): Promise<DatabasePrograms> {
  compiled ??= (async () => {
    const folder = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
    const compile = async (name: string) => WebAssembly.compile(await readFile(join(folder, name)));
    const [pglite, initdb] = await Promise.all([compile('pglite.wasm'), compile('initdb.wasm')]);
    return { pglite, initdb };
  })();
  return compiled;
}

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface ThreadOptions {
  readonly onNotification: (channel: string, payload: string) => void;
  /** Told again and again for how long the thread has stood at one statement. */
  readonly onStanding: (seconds: number, thread: DatabaseThread) => void;
}

export class DatabaseThread {
  /** Resolves, when the thread has ended by whatever cause, to what its calls fail with. */
  readonly ended: Promise<EkphrasisError>;
  private readonly worker: Worker;
  private readonly pending = new Map<number, PendingCall>();
  private calls = 0;
  private opened = false;
  private fault: EkphrasisError | undefined;

  private constructor(
    place: DatabasePlace,
    programs: DatabasePrograms,
    private readonly options: ThreadOptions,
  ) {
    const beats = createBeats();
    const workerData: ThreadData = { place, beats, programs };
    this.worker = new Worker(SCRIPT, { workerData, execArgv: [] });
    this.ended = new Promise((resolve) => {
      const watch = watchBeats(beats, (seconds) => {
        if (seconds > 0) options.onStanding(seconds, this);
      }).unref();
      this.worker.once('error', (cause) => {
        this.fault ??= threadEnded('it broke off', cause);
      });
      this.worker.once('exit', (code) => {
        clearInterval(watch);
        this.fault ??= threadEnded(`exit code ${code}`);
        for (const { reject } of this.pending.values()) reject(this.fault);
        this.pending.clear();
        resolve(this.fault);
      });
    });
  }

  /** @throws what PGlite throws when the database cannot be opened, as the `cause` of a DATABASE_UNAVAILABLE */
  static async start(place: DatabasePlace, options: ThreadOptions): Promise<DatabaseThread> {
    const thread = new DatabaseThread(place, await databasePrograms(), options);
    await new Promise<void>((resolve, reject) => {
      thread.worker.on('message', (message: ThreadMessage) => {
        if (message.type !== 'opened') {
          thread.hear(message);
          return;
        }
        thread.opened = true;
        resolve();
      });
      void thread.ended.then(reject);
    });
    return thread;
  }

  /** Whether the database has been opened, and statements are what the thread is at. */
  get isOpen(): boolean {
    return this.opened;
  }

  get alive(): boolean {
    return this.fault === undefined;
  }

  /** @throws DATABASE_UNAVAILABLE when the thread ends before it has answered; else what was thrown there */
  call<Name extends CallName>(
    name: Name,
    ...parameters: Parameters<ThreadCalls[Name]>
  ): Promise<Awaited<ReturnType<ThreadCalls[Name]>>> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.fault) throw this.fault;
      this.calls += 1;
      const request: ThreadRequest = { id: this.calls, name, parameters };
      this.worker.postMessage(request);
      this.pending.set(request.id, { resolve, reject });
    }) as Promise<Awaited<ReturnType<ThreadCalls[Name]>>>;
  }

  /** Waits for statements under way, closes the database, and ends the thread. */
  async close(): Promise<void> {
    if (this.fault) return;
    try {
      await this.call('close');
    } finally {
      await this.end('it was closed');
    }
  }

  /** Ends the thread whatever it does. What it had committed is in the folder. */
  async end(reason: string): Promise<void> {
    this.fault ??= threadEnded(reason);
    await this.worker.terminate();
  }

  private hear(message: Exclude<ThreadMessage, { type: 'opened' }>): void {
    if (message.type === 'notification') {
      this.options.onNotification(message.channel, message.payload);
      return;
    }
    const call = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.type === 'value') {
      call?.resolve(message.value);
      return;
    }
    const error = fromFailure(message.failure);
    call?.reject(error);
    // PGlite does not outlive a failure to write its log: at the next statement it would stand for ever.
    if (isDatabaseFull(error)) void this.end('the disk is full');
  }
}

function fromFailure({ name, message, fields }: ThreadFailure): Error {
  if (name === PRISMA_ERROR) return new DriverAdapterError(fields['cause'] as DriverAdapterError['cause']);
  return Object.assign(new Error(message), fields);
}

function threadEnded(reason: string, cause?: unknown): EkphrasisError {
  const message = `The embedded database ended unexpectedly: ${reason}. It is started again: try again in a moment.`;
  return new EkphrasisError(ErrorCode.DatabaseUnavailable, message, { cause });
}
