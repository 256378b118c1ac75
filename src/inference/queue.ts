/**
 * Work that waits, shared out fairly. The classes come one after another (see `Priority`); within a class every client is
 * given the same time, however much it asks for: start-time fair queueing (Goyal, Vin and Cheng 1996), in which work is
 * done in the order of its start tags, and a client's next tag is later by what its work before cost.
 */
import { PRIORITIES, type Priority } from './requester.js';

export interface Waiting {
  readonly priority: Priority;
  readonly client: string;
  /** Roughly the milliseconds that it takes. */
  readonly cost: number;
}

interface Entry<Work> {
  readonly work: Work;
  /** When it would begin if every client had a processor of its own that is as slow as there are clients. */
  readonly start: number;
}

export class WorkQueue<Work extends Waiting> {
  private readonly lines = new Map<Priority, Line<Work>>(PRIORITIES.map((priority) => [priority, new Line<Work>()]));

  /** How much waits. */
  get length(): number {
    return [...this.lines.values()].reduce((sum, line) => sum + line.length, 0);
  }

  add(work: Work): void {
    this.lines.get(work.priority)?.add(work);
  }

  /**
   * Takes the next work and what comes right after it, as long as it may be done together.
   *
   * @param most how many at most
   * @param together whether two may be done in one go
   */
  take(most: number, together: (first: Work, next: Work) => boolean): Work[] {
    for (const line of this.lines.values()) {
      const first = line.shift();
      if (first === undefined) continue;
      const taken = [first];
      for (let next = line.peek(); next && taken.length < most && together(first, next); next = line.peek()) {
        taken.push(next);
        line.shift();
      }
      return taken;
    }
    return [];
  }

  /** Takes everything. */
  drain(): Work[] {
    return [...this.lines.values()].flatMap((line) => line.drain());
  }
}

/** One class. */
class Line<Work extends Waiting> {
  /** In the order of their start tags; equal ones in the order of their coming. */
  private readonly entries: Entry<Work>[] = [];
  /** When the last work of a client would end. */
  private readonly ends = new Map<string, number>();
  /** The start tag of what was taken last. */
  private clock = 0;

  get length(): number {
    return this.entries.length;
  }

  add(work: Work): void {
    const start = Math.max(this.clock, this.ends.get(work.client) ?? 0);
    this.ends.set(work.client, start + work.cost);
    const after = this.entries.findIndex((entry) => entry.start > start);
    this.entries.splice(after === -1 ? this.entries.length : after, 0, { work, start });
  }

  peek(): Work | undefined {
    return this.entries[0]?.work;
  }

  shift(): Work | undefined {
    const entry = this.entries.shift();
    if (!entry) return undefined;
    this.clock = entry.start;
    // Who has nothing waiting and had no more than others begins anew like anybody.
    for (const [client, end] of this.ends) if (end <= this.clock) this.ends.delete(client);
    return entry.work;
  }

  drain(): Work[] {
    this.ends.clear();
    return this.entries.splice(0).map(({ work }) => work);
  }
}
