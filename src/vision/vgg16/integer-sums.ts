/**
 * What ONNX Runtime needs to be told, so that an integer graph computes the same on every processor.
 *
 * An x64 processor with VNNI adds products of bytes in 32 bits. On one without, ONNX Runtime's kernels for unsigned
 * activations and signed weights add them in pairs in 16 bits first and cut off what is larger: wrong features without
 * an error. It has exact kernels for these processors. Where there is VNNI VGG16 would take three times as long with
 * them, so they are chosen by what the processor makes of the largest sums there can be.
 */
import { InferenceSession, Tensor } from '../../tensors/onnx-runtime.js';

import { largestSumsGraph, PROBE_SIDE, PROBE_SUM } from './graph.js';

/** ONNX Runtime turns signed weights into unsigned ones (kOrtSessionOptionsAvx2PrecisionMode). */
export const EXACT_SUMS: InferenceSession.SessionOptions = { extra: { session: { x64quantprecision: '1' } } };

/**
 * The session options with which an integer graph is computed exactly on this processor: none where it is so by itself.
 */
export async function integerOptions(): Promise<InferenceSession.SessionOptions> {
  return Math.abs((await largestSum({})) / PROBE_SUM - 1) < 0.01 ? {} : EXACT_SUMS;
}

/** What this processor makes of the largest sums there can be: `PROBE_SUM`, or about half of it. */
export async function largestSum(options: InferenceSession.SessionOptions): Promise<number> {
  const session = await InferenceSession.create(largestSumsGraph(), {
    ...options,
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const pixels = new Float32Array(3 * PROBE_SIDE * PROBE_SIDE).fill(1);
    const { 'sums.real': sums } = await session.run({
      pixels: new Tensor('float32', pixels, [1, 3, PROBE_SIDE, PROBE_SIDE]),
    });
    if (!(sums?.data instanceof Float32Array)) throw new TypeError('the network gave no sums');
    return sums.data[Math.floor((PROBE_SIDE * PROBE_SIDE) / 2)] ?? 0;
  } finally {
    await session.release();
  }
}
