/** Locks by name, against all processes that have one database open. They go with the process that holds them. */

/** Lets go of what is held; done again, it changes nothing. */
export type Release = () => Promise<void>;

export interface Locks {
  /** Waits until nobody holds any of the names alone, then holds them beside others. */
  share(names: readonly string[]): Promise<Release>;
  /** Waits until nobody else holds the name, then holds it alone. Whoever asks for it meanwhile waits. */
  alone(name: string): Promise<Release>;
  /** Those of the names that somebody holds at this moment, shared or alone. */
  held(names: readonly string[]): Promise<string[]>;
}

/** Does something under a lock, and lets go of it whatever comes of it. */
export async function under<T>(lock: Promise<Release>, action: () => Promise<T>): Promise<T> {
  const release = await lock;
  try {
    return await action();
  } finally {
    await release();
  }
}

interface LocalLock {
  /** Resolves when whoever asked last to be alone has let go. */
  alone: Promise<unknown>;
  /** The same of those who asked to share it since. */
  shared: Promise<unknown>[];
  /** Who hold it or wait for it. */
  users: number;
}

/** Locks of a database that belongs to this process: first come, first served. */
export class LocalLocks implements Locks {
  private readonly locks = new Map<string, LocalLock>();

  async share(names: readonly string[]): Promise<Release> {
    const releases = await Promise.all(
      names.map((name) =>
        this.ask(name, (lock, released) => {
          lock.shared.push(released);
          return lock.alone;
        }),
      ),
    );
    return async () => {
      await Promise.all(releases.map((release) => release()));
    };
  }

  alone(name: string): Promise<Release> {
    return this.ask(name, (lock, released) => {
      const before = Promise.all([lock.alone, ...lock.shared]);
      lock.alone = released;
      lock.shared = [];
      return before;
    });
  }

  held(names: readonly string[]): Promise<string[]> {
    return Promise.resolve(names.filter((name) => this.locks.has(name)));
  }

  /** @param queue takes its place, which lasts until the promise resolves; @returns what is to be waited for */
  private async ask(
    name: string,
    queue: (lock: LocalLock, released: Promise<void>) => Promise<unknown>,
  ): Promise<Release> {
    const lock = this.locks.get(name) ?? { alone: Promise.resolve(), shared: [], users: 0 };
    this.locks.set(name, lock);
    lock.users += 1;
    let letGo = (): void => undefined;
    await queue(
      lock,
      new Promise<void>((resolve) => {
        letGo = resolve;
      }),
    );
    let isHeld = true;
    return () => {
      if (isHeld) {
        isHeld = false;
        lock.users -= 1;
        if (lock.users === 0) this.locks.delete(name);
        letGo();
      }
      return Promise.resolve();
    };
  }
}
