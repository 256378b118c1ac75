import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Waiting, WorkQueue } from '../../src/inference/queue.js';

interface Named extends Waiting {
  readonly name: string;
}

const work = (name: string, { priority = 'interactive', client = '', cost = 1 }: Partial<Waiting> = {}): Named => ({
  name,
  priority,
  client,
  cost,
});
const alike = (first: Named, next: Named) => first.name[0] === next.name[0];
const names = (taken: readonly Named[]) => taken.map(({ name }) => name);

function queueOf(...all: readonly Named[]): WorkQueue<Named> {
  const queue = new WorkQueue<Named>();
  for (const one of all) queue.add(one);
  return queue;
}

/** The names in the order in which they are taken one by one. */
function order(queue: WorkQueue<Named>): string[] {
  const taken: string[] = [];
  for (let next = queue.take(1, alike); next.length > 0; next = queue.take(1, alike)) taken.push(...names(next));
  return taken;
}

describe('WorkQueue', () => {
  it('gives what one photo needs before bulk before the background, each in its order', () => {
    const queue = queueOf(
      work('a1', { priority: 'background' }),
      work('b1', { priority: 'bulk' }),
      work('c1'),
      work('a2', { priority: 'background' }),
    );
    expect(order(queue)).toEqual(['c1', 'b1', 'a1', 'a2']);
  });

  it('gives together what stands side by side and is alike, up to a number', () => {
    const queue = queueOf(...['a1', 'a2', 'a3', 'b1', 'a4'].map((name) => work(name)));
    const taken = Array.from({ length: 4 }, () => names(queue.take(2, alike)));
    expect(taken).toEqual([['a1', 'a2'], ['a3'], ['b1'], ['a4']]);
  });

  it('never mixes background into what a person waits for', () => {
    const queue = queueOf(work('a1'), work('a2', { priority: 'background' }));
    expect(names(queue.take(8, alike))).toEqual(['a1']);
    expect(queue.length).toBe(1);
    expect(names(queue.drain())).toEqual(['a2']);
  });

  it('gives every client its turn, whoever came first with however much', () => {
    const greedy = Array.from({ length: 5 }, (_, index) => work(`g${index}`, { client: 'greedy' }));
    const queue = queueOf(...greedy, work('m1', { client: 'modest' }), work('m2', { client: 'modest' }));
    expect(order(queue)).toEqual(['g0', 'm1', 'g1', 'm2', 'g2', 'g3', 'g4']);
  });

  it('counts what work costs, not how many there are', () => {
    const queue = queueOf(
      ...['g1', 'g2', 'g3'].map((name) => work(name, { client: 'greedy', cost: 10 })),
      ...Array.from({ length: 12 }, (_, index) => work(`m${index}`, { client: 'modest', cost: 1 })),
    );
    const taken = order(queue);
    expect(taken.slice(0, 2)).toEqual(['g1', 'm0']);
    expect(taken.indexOf('g2')).toBe(11);
  });

  it('does not let a client who was away make up for it', () => {
    const queue = queueOf(...Array.from({ length: 6 }, (_, index) => work(`b${index}`, { client: 'busy' })));
    for (let count = 0; count < 4; count++) queue.take(1, alike);
    for (let index = 0; index < 3; index++) queue.add(work(`l${index}`, { client: 'late' }));
    expect(order(queue)).toEqual(['l0', 'b4', 'l1', 'b5', 'l2']);
  });

  it('never keeps two clients that always wait further apart than the dearest work of theirs', () => {
    const costs = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(costs, costs, (first, second) => {
        const queue = queueOf(
          ...first.map((cost) => work('a', { client: 'a', cost })),
          ...second.map((cost) => work('b', { client: 'b', cost })),
        );
        const [left, given] = [
          { a: first.length, b: second.length },
          { a: 0, b: 0 },
        ];
        for (let [next] = queue.take(1, () => false); next; [next] = queue.take(1, () => false)) {
          const client = next.client as 'a' | 'b';
          left[client]--;
          given[client] += next.cost;
          if (left.a > 0 && left.b > 0) expect(Math.abs(given.a - given.b)).toBeLessThanOrEqual(100);
        }
        expect(left).toEqual({ a: 0, b: 0 });
      }),
    );
  });
});
