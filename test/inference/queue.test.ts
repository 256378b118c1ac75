import { describe, expect, it } from 'vitest';

import { WorkQueue } from '../../src/inference/queue.js';

const alike = (first: string, next: string) => first[0] === next[0];

describe('WorkQueue', () => {
  it('gives the interactive before the background, each in its order', () => {
    const queue = new WorkQueue<string>();
    queue.add('a1', 'background');
    queue.add('b1', 'interactive');
    queue.add('a2', 'background');
    expect([queue.take(1, alike), queue.take(1, alike), queue.take(1, alike), queue.take(1, alike)]).toEqual([['b1'], ['a1'], ['a2'], []]);
  });

  it('gives together what stands side by side and is alike, up to a number', () => {
    const queue = new WorkQueue<string>();
    for (const work of ['a1', 'a2', 'a3', 'b1', 'a4']) queue.add(work, 'interactive');
    expect([queue.take(2, alike), queue.take(2, alike), queue.take(2, alike), queue.take(2, alike)]).toEqual([['a1', 'a2'], ['a3'], ['b1'], ['a4']]);
  });

  it('never mixes background into what a person waits for', () => {
    const queue = new WorkQueue<string>();
    queue.add('a1', 'interactive');
    queue.add('a2', 'background');
    expect(queue.take(8, alike)).toEqual(['a1']);
    expect(queue.drain()).toEqual(['a2']);
  });
});
