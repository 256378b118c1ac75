/**
 * Canonical correlation analysis (Hotelling 1936) as the closed-form baseline: linear projections of sentences and
 * photos that agree best, with ridges, and weighted by a power of their correlations (Gong et al. 2014, "A multi-view
 * embedding space", section 3.3).
 */
import { EVD, Matrix, SVD } from 'ml-matrix';

/** Sums over the pairs of a training; photos x and sentences y are centred by their means. */
export interface Moments {
  readonly xx: Matrix;
  readonly yy: Matrix;
  readonly xy: Matrix;
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
}

/** @param pairs each photo once, with its sentences */
export function moments(pairs: readonly { readonly x: Float32Array; readonly ys: readonly Float32Array[] }[]): Moments {
  const [p, q] = [pairs[0]?.x.length ?? 0, pairs[0]?.ys[0]?.length ?? 0];
  const count = pairs.reduce((total, { ys }) => total + ys.length, 0);
  const meanX = new Float64Array(p);
  const meanY = new Float64Array(q);
  for (const { x, ys } of pairs) {
    x.forEach((value, i) => {
      meanX[i] = (meanX[i] ?? 0) + (ys.length * value) / count;
    });
    for (const y of ys)
      y.forEach((value, i) => {
        meanY[i] = (meanY[i] ?? 0) + value / count;
      });
  }
  const centred = (values: Float32Array, mean: Float64Array) =>
    Float64Array.from(values, (value, i) => value - (mean[i] ?? 0));
  const xs = new Matrix(pairs.map(({ x, ys }) => [...centred(x, meanX)].map((value) => value * Math.sqrt(ys.length))));
  const sums = new Matrix(
    pairs.map(({ ys }) => {
      const total = new Float64Array(q);
      for (const y of ys)
        centred(y, meanY).forEach((value, i) => {
          total[i] = (total[i] ?? 0) + value;
        });
      return [...total].map((value) => value / Math.sqrt(ys.length));
    }),
  );
  const yy = Matrix.zeros(q, q);
  for (const { ys } of pairs) {
    for (const y of ys) addOuter(yy, y);
  }
  yy.mul(1 / count).sub(Matrix.columnVector([...meanY]).mmul(Matrix.rowVector([...meanY])));
  return {
    xx: xs
      .transpose()
      .mmul(xs)
      .mul(1 / count),
    yy,
    xy: xs
      .transpose()
      .mmul(sums)
      .mul(1 / count),
    meanX,
    meanY,
  };
}

/** Adds v · vᵀ. Sentences have few words, so most of it is 0. */
function addOuter(to: Matrix, v: Float32Array): void {
  const used = [...v.keys()].filter((i) => v[i] !== 0);
  for (const i of used) for (const j of used) to.set(i, j, to.get(i, j) + (v[i] ?? 0) * (v[j] ?? 0));
}

export interface CcaSettings {
  /** Added to each covariance's diagonal, as a share of its mean. */
  readonly ridge: number;
  readonly dimensions: number;
}

export interface Projections {
  readonly x: Matrix;
  readonly y: Matrix;
  /** The canonical correlations, largest first. */
  readonly correlations: readonly number[];
}

export function canonicalCorrelations({ xx, yy, xy }: Moments, { ridge, dimensions }: CcaSettings): Projections {
  const [rootX, rootY] = [inverseRoot(xx, ridge), inverseRoot(yy, ridge)];
  const svd = new SVD(rootX.mmul(xy).mmul(rootY), { autoTranspose: true });
  const first = (vectors: Matrix) =>
    vectors.subMatrix(0, vectors.rows - 1, 0, Math.min(dimensions, vectors.columns) - 1);
  return {
    x: rootX.mmul(first(svd.leftSingularVectors)),
    y: rootY.mmul(first(svd.rightSingularVectors)),
    correlations: svd.diagonal.slice(0, dimensions),
  };
}

/** The symmetric inverse square root of a covariance with its ridge. */
function inverseRoot(covariance: Matrix, ridge: number): Matrix {
  const shift = (ridge * covariance.trace()) / covariance.rows;
  const { realEigenvalues, eigenvectorMatrix } = new EVD(covariance, { assumeSymmetric: true });
  const scaled = eigenvectorMatrix
    .clone()
    .mulRowVector(realEigenvalues.map((value) => 1 / Math.sqrt(Math.max(value, 0) + shift)));
  return scaled.mmul(eigenvectorMatrix.transpose());
}

/** Vectors of unit length in the common space, each dimension weighted by a power of its correlation. */
export function project(
  rows: readonly Float32Array[],
  mean: Float64Array,
  projection: Matrix,
  weights: readonly number[],
): Float32Array[] {
  const centred = new Matrix(rows.map((row) => Array.from(row, (value, i) => value - (mean[i] ?? 0))));
  return centred
    .mmul(projection)
    .mulRowVector([...weights])
    .to2DArray()
    .map((row) => {
      const length = Math.hypot(...row) || 1;
      return Float32Array.from(row, (value) => value / length);
    });
}
