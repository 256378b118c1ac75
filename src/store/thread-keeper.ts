/**
 * Keeps a thread of the embedded database running: one that ended, or that stands, is replaced. What was committed is in
 * the folder, where PostgreSQL finds it again by its log; what was under way fails.
 */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { DEFAULT_RESERVE_BYTES, type FreeSpace } from '../files/free-space.js';
import { DatabaseThread } from './database-thread.js';
import type { DatabasePlace } from './thread-calls.js';

type Handler = (payload: string) => void;

/** PGlite stands for ever when it finds no room for its log, so with less than this nobody waits for long. */
const LITTLE_ROOM_BYTES = DEFAULT_RESERVE_BYTES;
const STANDING_SECONDS_WITHOUT_ROOM = 20;
/** Opening takes a second or two, on a busy machine twenty; without room it mostly fails by itself. */
const OPENING_SECONDS_WITHOUT_ROOM = 120;
/** Elsewhere a statement may take its time: the index of a large collection takes minutes. */
const STANDING_SECONDS = 1800;

/** Between two attempts to open a database that could not be opened. */
const RETRY_MILLISECONDS = 2000;

/** What is under way at the end has this long. */
const CLOSING_MILLISECONDS = 8000;

export class ThreadKeeper {
  private readonly handlers = new Map<string, Set<Handler>>();
  private current: Promise<DatabaseThread>;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  private constructor(
    private readonly place: DatabasePlace,
    private readonly space: FreeSpace,
    private readonly onTrouble: (error: unknown) => void,
  ) {
    this.current = this.start();
  }

  /**
   * @param onTrouble told why a thread ended, and why it could not be started again
   * @throws DATABASE_UNAVAILABLE when it cannot be opened at first
   */
  static async open(
    place: DatabasePlace,
    space: FreeSpace,
    onTrouble: (error: unknown) => void = () => undefined,
  ): Promise<ThreadKeeper> {
    const keeper = new ThreadKeeper(place, space, onTrouble);
    await keeper.current;
    void keeper.keep();
    return keeper;
  }

  /**
   * The thread that runs; while one is being started, that one when it is ready.
   *
   * @throws DATABASE_UNAVAILABLE, STORAGE_FAILED when it could not be started again, until it can
   */
  thread(): Promise<DatabaseThread> {
    return this.current;
  }

  async listen(channel: string, handler: Handler): Promise<() => Promise<void>> {
    const handlers = this.handlers.get(channel) ?? new Set();
    this.handlers.set(channel, handlers.add(handler));
    if (handlers.size === 1) await (await this.current).call('listen', channel);
    return async () => {
      handlers.delete(handler);
      if (handlers.size > 0 || this.closed) return;
      this.handlers.delete(channel);
      await (await this.current).call('unlisten', channel);
    };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.retry);
    const thread = await this.current.catch(() => undefined);
    if (!thread) return;
    const late = setTimeout(() => {
      void thread.end('it did not close in time');
    }, CLOSING_MILLISECONDS);
    // What it had committed is in its folder, even where it could not be closed in order.
    await thread.close().catch(() => undefined);
    clearTimeout(late);
  }

  private async start(): Promise<DatabaseThread> {
    const thread = await DatabaseThread.start(this.place, {
      onNotification: (channel, payload) => {
        for (const handler of this.handlers.get(channel) ?? []) handler(payload);
      },
      onStanding: (seconds, standing) => {
        void this.judge(seconds, standing);
      },
    });
    for (const channel of this.handlers.keys()) await thread.call('listen', channel);
    return thread;
  }

  /** Starts another whenever the one that runs has ended. */
  private async keep(): Promise<void> {
    for (;;) {
      const thread = await this.current.catch(() => undefined);
      const fault = await (thread ? thread.ended : this.pause());
      if (this.closed) return;
      if (fault) this.onTrouble(fault);
      this.current = this.startAgain();
      // Whoever calls is told, too; here it is tried again.
      await this.current.catch(this.onTrouble);
    }
  }

  private async startAgain(): Promise<DatabaseThread> {
    const release = await this.space.claim(0, 'upkeep');
    release();
    try {
      return await this.start();
    } catch (cause) {
      const { freeBytes } = await this.space.state();
      const megabytes = Math.floor(freeBytes / 2 ** 20);
      const reason = freeBytes < LITTLE_ROOM_BYTES ? `: its disk has only ${megabytes} MB free` : '';
      const message = `The embedded database could not be started again${reason}. It is tried every ${RETRY_MILLISECONDS / 1000} s.`;
      throw new EkphrasisError(ErrorCode.DatabaseUnavailable, message, { cause });
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      this.retry = setTimeout(resolve, RETRY_MILLISECONDS).unref();
    });
  }

  private async judge(seconds: number, thread: DatabaseThread): Promise<void> {
    const patience = thread.isOpen ? STANDING_SECONDS_WITHOUT_ROOM : OPENING_SECONDS_WITHOUT_ROOM;
    if (seconds < patience || !thread.alive) return;
    const { freeBytes } = await this.space.state();
    if (freeBytes < LITTLE_ROOM_BYTES) await thread.end(`it stood for ${seconds.toFixed(0)} s on a disk that is full`);
    else if (seconds >= STANDING_SECONDS) await thread.end(`it stood for ${seconds.toFixed(0)} s`);
  }
}
