/**
 * Static 8-bit quantisation (Jacob et al. 2018, "Quantization and training of neural networks for efficient
 * integer-arithmetic-only inference", section 2.1): real = scale * (integer - zero point).
 */

/** The range of one activation tensor, measured on photos. */
export interface ActivationRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** How an activation tensor is written in unsigned bytes. */
export interface ActivationScale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Unsigned bytes for a range; zero is always met exactly, because the borders of convolutions are filled with it. */
export function activationScale({ minimum, maximum }: ActivationRange): ActivationScale {
  const low = Math.min(minimum, 0);
  const high = Math.max(maximum, 0);
  const scale = Math.fround((high - low) / 255) || 1;
  // The scale is rounded to float32, so for tiny ranges the quotient may pass 255.
  return { scale, zeroPoint: Math.min(255, Math.round(Math.abs(low) / scale)) };
}

/** A kernel in signed bytes with one scale for each output channel, and no zero points. */
export interface QuantisedKernel {
  /** [outputs, inputs, 3, 3], from -127 to 127 */
  readonly data: Int8Array;
  /** [outputs] */
  readonly scales: Float32Array;
}

/** Quantises each output channel by its own largest weight. */
export function quantiseKernel(kernel: Float32Array, outputs: number): QuantisedKernel {
  const size = kernel.length / outputs;
  const data = new Int8Array(kernel.length);
  const scales = new Float32Array(outputs);
  for (let channel = 0; channel < outputs; channel += 1) {
    const weights = kernel.subarray(channel * size, (channel + 1) * size);
    const scale = Math.fround(weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0) / 127) || 1;
    scales[channel] = scale;
    weights.forEach((weight, index) => {
      data[channel * size + index] = Math.round(weight / scale);
    });
  }
  return { data, scales };
}

/** A bias in the scale of the sums it is added to: input scale times kernel scale. */
export function quantiseBias(
  bias: Float32Array,
  inputScale: number,
  kernelScales: Float32Array,
): { data: Int32Array; scales: Float32Array } {
  const scales = kernelScales.map((scale) => scale * inputScale);
  const data = Int32Array.from(bias, (value, channel) => {
    const rounded = Math.round(value / (scales[channel] ?? 1));
    return Math.max(-0x7fffffff, Math.min(0x7fffffff, rounded));
  });
  return { data, scales };
}
