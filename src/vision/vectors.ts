/** Arithmetic of feature vectors. */

/** Cosine similarity, -1 to 1; 0 where a vector has no direction. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const length = norm(a) * norm(b);
  return length === 0 ? 0 : a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0) / length;
}

/** The sum of vectors, each made of length 1 and multiplied by its weight. */
export function weightedSum(
  vectors: readonly { readonly vector: Float32Array; readonly weight: number }[],
): Float32Array {
  const sum = new Float32Array(vectors[0]?.vector.length ?? 0);
  for (const { vector, weight } of vectors) {
    const factor = weight / (norm(vector) || 1);
    vector.forEach((value, index) => {
      sum[index] = (sum[index] ?? 0) + factor * value;
    });
  }
  return sum;
}

export function norm(vector: Float32Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
