import type { Tensor } from './onnx-runtime.js';

/**
 * The bits of a half-precision tensor: from Node 24 on ONNX Runtime hands out a Float16Array instead of a Uint16Array.
 */
export function halfBits({ data }: Pick<Tensor, 'data'>): Uint16Array {
  if (!ArrayBuffer.isView(data)) throw new TypeError('the tensor holds no numbers');
  return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
}
