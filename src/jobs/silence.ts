/**
 * Tells which processes are gone by their signs of life. Clocks of two machines are never compared: a sign that has stayed the
 * same for the silence, by this process's own clock, is of a process that is gone.
 */
interface Sign {
  readonly attempt: number;
  readonly heartbeatAt: Date | null;
}

interface Seen {
  readonly sign: string;
  readonly since: number;
}

/** Looks within a silence. */
const LOOKS = 4;

export class Silence<Id extends string> {
  private seen = new Map<Id, Seen>();
  private lookedAt = -Infinity;

  /**
   * @param milliseconds that a process is silent for when it counts as gone
   * @param clock milliseconds, which only ever grow
   */
  constructor(
    private readonly milliseconds: number,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** How often to look, in milliseconds. */
  get interval(): number {
    return this.milliseconds / LOOKS;
  }

  /** Takes a look at all that run. @returns those that are gone */
  look<Running extends Sign & { readonly id: Id }>(running: readonly Running[]): Running[] {
    const now = this.clock();
    // Whoever could not look, as without a database, has not seen silence: those watched could not write either.
    const before = now - this.lookedAt > 2 * this.interval ? new Map<Id, Seen>() : this.seen;
    this.lookedAt = now;
    this.seen = new Map(
      running.map(({ id, attempt, heartbeatAt }) => {
        const sign = `${attempt} ${heartbeatAt?.toISOString() ?? ''}`;
        const known = before.get(id);
        return [id, known?.sign === sign ? known : { sign, since: now }];
      }),
    );
    return running.filter(({ id }) => now - (this.seen.get(id)?.since ?? now) >= this.milliseconds);
  }
}
