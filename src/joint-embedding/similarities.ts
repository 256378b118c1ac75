import { Graph } from '../tensors/graph.js';
import { matmul } from '../tensors/operations.js';
import { Session } from '../tensors/session.js';

/**
 * Cosine similarities of unit vectors, all with all: for measuring, where an index would only find the nearest.
 *
 * @param rows of one length, one at least
 * @param columns of the same length, one at least
 * @returns [rows, columns], row by row
 */
export async function similarities(
  rows: readonly Float32Array[],
  columns: readonly Float32Array[],
): Promise<Float32Array> {
  const length = rows[0]?.length ?? 0;
  const graph = new Graph();
  const product = matmul(graph.input('rows', [rows.length, length]), graph.input('columns', [columns.length, length]), {
    transposeB: true,
  });
  const session = await Session.create(graph, { product });
  const results = await session.run(
    new Map([
      ['rows', packed(rows, length)],
      ['columns', packed(columns, length)],
    ]),
  );
  await session.release();
  return results.get('product') ?? new Float32Array();
}

function packed(vectors: readonly Float32Array[], length: number): Float32Array {
  const all = new Float32Array(vectors.length * length);
  vectors.forEach((vector, place) => {
    all.set(vector, place * length);
  });
  return all;
}
