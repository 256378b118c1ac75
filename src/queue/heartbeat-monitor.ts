/**
 * Tells which processes are gone by their heartbeats. Clocks of two machines are never compared: a heartbeat that has
 * stayed the same for the timeout, by this process's own clock, is of a process that is gone.
 */
interface Heartbeat {
  readonly attempt: number;
  readonly heartbeatAt: Date | null;
}

interface Seen {
  readonly heartbeat: string;
  readonly since: number;
}

/** Checks within a timeout. */
const CHECKS = 4;

export class HeartbeatMonitor<Id extends string> {
  private seen = new Map<Id, Seen>();
  private checkedAt = -Infinity;

  /**
   * @param timeout milliseconds without a new heartbeat after which a process counts as gone
   * @param clock milliseconds, which only ever grow
   */
  constructor(
    private readonly timeout: number,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** How often to check, in milliseconds. */
  get interval(): number {
    return this.timeout / CHECKS;
  }

  /** Checks all that run. @returns those that are gone */
  lost<Running extends Heartbeat & { readonly id: Id }>(running: readonly Running[]): Running[] {
    const now = this.clock();
    // Who could not check, as without a database, knows of no missing heartbeat: those watched could not write one
    // either.
    const before = now - this.checkedAt > 2 * this.interval ? new Map<Id, Seen>() : this.seen;
    this.checkedAt = now;
    this.seen = new Map(
      running.map(({ id, attempt, heartbeatAt }) => {
        const heartbeat = `${attempt} ${heartbeatAt?.toISOString() ?? ''}`;
        const known = before.get(id);
        return [id, known?.heartbeat === heartbeat ? known : { heartbeat, since: now }];
      }),
    );
    return running.filter(({ id }) => now - (this.seen.get(id)?.since ?? now) >= this.timeout);
  }
}
