/**
 * Half-precision numbers (IEEE 754 binary16) as their 16 bits: how regions and small checkpoints are kept. Graphs are
 * given float32: onnxruntime-node 1.30 reads no float16 input where JavaScript has a Float16Array, which is from Node
 * 24 on.
 */
import { Float16Array } from '@petamoriken/float16';

/** The float32 of each of the 65,536 half-precision numbers: a look-up is many times faster than arithmetic. */
const FLOATS = Float32Array.from(new Float16Array(Uint16Array.from({ length: 0x1_0000 }, (_, bits) => bits).buffer));

/** The nearest half-precision numbers, those halfway to the even one. */
export function toHalf(numbers: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  return new Uint16Array(Float16Array.from(numbers).buffer);
}

export function fromHalf(bits: Uint16Array): Float32Array {
  const numbers = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index++) numbers[index] = FLOATS[bits[index] ?? 0] ?? NaN;
  return numbers;
}
