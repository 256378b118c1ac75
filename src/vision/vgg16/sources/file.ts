import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { extname } from 'node:path';

import onnxProto from 'onnx-proto';

import { EkphrasisError, ErrorCode } from '../../../errors.js';
import { decodeSafetensors, type StoredTensor } from '../../../tensors/safetensors.js';
import { readFlaxCheckpoint } from '../flax-checkpoint.js';
import type { WeightsManifest } from '../manifest.js';
import { bytesOf, type Convolution } from '../weights.js';
import type { WeightsSource } from './source.js';

/** No file of VGG16, classifier and all, is larger; more would only fill the memory. */
const MAXIMUM_BYTES = 1_000_000_000;

/** A file on this machine: .safetensors or .onnx with torchvision's tensors, or the package's vgg16.ckpt. */
export function fileSource(path: string, manifest: WeightsManifest): WeightsSource {
  return {
    name: `the file ${path}`,
    async fetch() {
      const bytes = await readLimited(path);
      switch (extname(path).toLowerCase()) {
        case '.safetensors':
          return fromSafetensors(decodeSafetensors(bytes).tensors, manifest);
        case '.ckpt':
          return readFlaxCheckpoint(bytes, manifest);
        case '.onnx':
          return fromOnnx(bytes, manifest);
        default:
          throw new EkphrasisError(ErrorCode.InvalidCheckpoint, 'its name must end in .safetensors, .onnx or .ckpt');
      }
    },
  };
}

/**
 * The convolutions out of tensors that have torchvision's names; a tensor that is missing is found out by its hash
 * later.
 */
export function fromSafetensors(tensors: ReadonlyMap<string, StoredTensor>, manifest: WeightsManifest): Convolution[] {
  const numbers = (name: string): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor?.type === 'F32') return tensor.data;
    throw new EkphrasisError(ErrorCode.InvalidCheckpoint, `it has no float32 tensor ${name}`);
  };
  return manifest.layers.map(({ name, inputs, outputs }) => ({
    name,
    inputs,
    outputs,
    kernel: numbers(`${name}.weight`),
    bias: numbers(`${name}.bias`),
  }));
}

/** Exporters name ONNX initialisers as they like, so the tensors are found by what they hash to. */
function fromOnnx(bytes: Uint8Array, manifest: WeightsManifest): Convolution[] {
  const found = new Map<string, Float32Array>();
  for (const { rawData, floatData } of onnxProto.onnx.ModelProto.decode(bytes).graph?.initializer ?? []) {
    const numbers = rawData?.length ? floats(rawData) : Float32Array.from(floatData ?? []);
    found.set(createHash('sha256').update(bytesOf(numbers)).digest('hex'), numbers);
  }
  const numbers = (name: string, sha256: string): Float32Array => {
    const tensor = found.get(sha256);
    if (tensor) return tensor;
    throw new EkphrasisError(ErrorCode.InvalidCheckpoint, `none of its tensors is torchvision's ${name}`);
  };
  return manifest.layers.map(({ name, inputs, outputs, kernel, bias }) => ({
    name,
    inputs,
    outputs,
    kernel: numbers(`${name}.weight`, kernel.sha256),
    bias: numbers(`${name}.bias`, bias.sha256),
  }));
}

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.length / 4));
}

async function readLimited(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > MAXIMUM_BYTES)
      throw new EkphrasisError(ErrorCode.InvalidCheckpoint, `it has ${size} bytes, too many for VGG16`);
    return await readFile(file);
  } finally {
    await file.close();
  }
}
