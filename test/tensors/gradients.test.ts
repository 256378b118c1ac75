import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/tensors/gradients.js';
import { Graph, ShapeError } from '../../src/tensors/graph.js';
import * as op from '../../src/tensors/operations.js';
import { Session } from '../../src/tensors/session.js';
import type { Prepared } from './cases.js';
import { cases, prepare } from './cases.js';

const STEP = 1e-2;

async function check({ graph, outputs, feeds, names }: Prepared): Promise<void> {
  const session = await Session.create(graph, outputs);
  const lossAt = async () => (await session.run(feeds)).get('loss')?.[0] ?? NaN;
  const results = await session.run(feeds);
  for (const name of names) {
    const slope = results.get(`d_${name}`);
    const values = feeds.get(name);
    if (!slope || !values) throw new Error(`no gradient for ${name}`);
    expect(slope.length).toBe(values.length);
    for (let i = 0; i < values.length; i++) {
      const before = values[i] ?? 0;
      values[i] = before + STEP;
      const above = await lossAt();
      values[i] = before - STEP;
      const below = await lossAt();
      values[i] = before;
      expect(slope[i]).toBeCloseTo((above - below) / (2 * STEP), 1.3);
      expect(Math.abs((slope[i] ?? 0) - (above - below) / (2 * STEP))).toBeLessThan(
        5e-3 * (1 + Math.abs(slope[i] ?? 0)),
      );
    }
  }
}

describe('the gradient of every operation equals the slope measured by finite differences', () => {
  for (const [name, description] of Object.entries(cases)) {
    it(name, async () => {
      const random = fc.sample(fc.double({ min: 0, max: 1, noNaN: true }), { numRuns: 400, seed: 7 });
      let next = 0;
      await check(prepare(description, () => random[next++ % random.length] ?? 0.5));
    });
  }
});

describe('gradients', () => {
  it('name the operation that has none', () => {
    const graph = new Graph();
    const tensor = graph.input('x', [2]);
    const loss = op.reshape(op.sum(op.positive(tensor), [0]), []);
    expect(() => gradients(loss, [tensor])).toThrow(/'positive' has no gradient/);
  });

  it('refuse a tensor that takes no part in the loss', () => {
    const graph = new Graph();
    const loss = op.reshape(op.sum(graph.input('x', [2]), [0]), []);
    expect(() => gradients(loss, [graph.input('y', [2])])).toThrow(ShapeError);
  });

  it('refuse a loss that is no scalar', () => {
    const tensor = new Graph().input('x', [2]);
    expect(() => gradients(tensor, [tensor])).toThrow(/scalar/);
  });
});

describe('a graph', () => {
  it('computes equal nodes once', () => {
    const graph = new Graph();
    const tensor = graph.input('x', [2]);
    expect(op.exp(tensor)).toBe(op.exp(tensor));
  });

  it('refuses shapes that do not fit', () => {
    const graph = new Graph();
    expect(() => op.matmul(graph.input('a', [2, 3]), graph.input('b', [2, 3]))).toThrow('inner sizes differ');
    expect(() => op.add(graph.input('c', [2]), graph.input('d', [3]))).toThrow('cannot be broadcast');
    expect(() => op.reshape(graph.input('e', [4]), [3])).toThrow('number of elements differs');
  });

  it('broadcasts as the product of the shapes says, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        (shape, ones) => {
          const graph = new Graph();
          const other = shape.map((size, axis) => (ones[axis] ? 1 : size));
          expect(op.add(graph.input('a', shape), graph.input('b', other)).shape).toEqual(shape);
        },
      ),
    );
  });
});
