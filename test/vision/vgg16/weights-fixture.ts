/**
 * A small stand-in for torchvision's VGG16 in all the shapes it is published in, with a manifest that knows its hashes.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import onnxProto from 'onnx-proto';
import { create } from 'tar';

import { encodeSafetensors, type StoredTensor } from '../../../src/tensors/safetensors.js';
import type { WeightsManifest } from '../../../src/vision/vgg16/manifest.js';
import { bytesOf, type Convolution, randomVgg16Weights, vgg16Weights } from '../../../src/vision/vgg16/weights.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export interface WeightsFixture {
  readonly convolutions: readonly Convolution[];
  readonly manifest: WeightsManifest;
  readonly safetensors: Uint8Array;
  readonly onnx: Uint8Array;
  readonly checkpoint: Uint8Array;
}

export function weightsFixture(): WeightsFixture {
  const convolutions = randomVgg16Weights(11).convolutions.map((convolution, index) => ({
    ...convolution,
    name: `features.${index}`,
    bias: convolution.bias.map((_, channel) => channel / 7),
  }));
  const { bytes: checkpoint, offsets } = flaxCheckpoint(convolutions);
  const manifest: WeightsManifest = {
    layers: convolutions.map(({ name, inputs, outputs, kernel, bias }, index) => ({
      name,
      inputs,
      outputs,
      kernel: { offset: offsets[index]?.kernel ?? 0, sha256: sha256(bytesOf(kernel)) },
      bias: { offset: offsets[index]?.bias ?? 0, sha256: sha256(bytesOf(bias)) },
    })),
    sha256: vgg16Weights(convolutions).sha256,
    url: 'http://127.0.0.1:9/nobody-listens-here',
    package: {
      name: 'tiny_vgg',
      version: '1.0',
      bytes: 1,
      sha256: '0'.repeat(64),
      checkpoint: 'tiny_vgg-1.0/weights/vgg16.ckpt',
      checkpointBytes: checkpoint.length,
    },
  };
  return { convolutions, manifest, safetensors: timmFile(convolutions), onnx: onnxFile(convolutions), checkpoint };
}

/** Kernels as [height, width, inputs, outputs], at odd places, as a pickle holds them. */
function flaxCheckpoint(convolutions: readonly Convolution[]): {
  bytes: Buffer;
  offsets: { kernel: number; bias: number }[];
} {
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array): number => {
    parts.push(Buffer.from('pkl'), part);
    length += 3 + part.length;
    return length - part.length;
  };
  const offsets = convolutions.map(({ inputs, outputs, kernel, bias }) => {
    const turned = new Float32Array(kernel.length);
    kernel.forEach((value, index) => {
      const place = index % 9;
      const input = Math.floor(index / 9) % inputs;
      const output = Math.floor(index / 9 / inputs);
      turned[(place * inputs + input) * outputs + output] = value;
    });
    return { kernel: add(bytesOf(turned)), bias: add(bytesOf(bias)) };
  });
  return { bytes: Buffer.concat(parts), offsets };
}

/** With a classifier that nobody wants before, between and after the convolutions. */
function timmFile(convolutions: readonly Convolution[]): Uint8Array {
  const classifier = (size: number): StoredTensor => ({
    type: 'F32',
    shape: [size],
    data: new Float32Array(size).fill(size),
  });
  const tensors = new Map<string, StoredTensor>([['head.weight', classifier(30_000)]]);
  convolutions.forEach(({ name, inputs, outputs, kernel, bias }, index) => {
    tensors.set(`${name}.bias`, { type: 'F32', shape: [outputs], data: bias });
    tensors.set(`${name}.weight`, { type: 'F32', shape: [outputs, inputs, 3, 3], data: kernel });
    if (index === 5) tensors.set('pre_logits.weight', classifier(50_000));
  });
  return encodeSafetensors(tensors.set('head.bias', classifier(10)));
}

function onnxFile(convolutions: readonly Convolution[]): Uint8Array {
  const { onnx } = onnxProto;
  const initializer = convolutions.flatMap(({ kernel, bias }, index) => [
    onnx.TensorProto.create({
      name: `onnx::Conv_${index}`,
      dataType: 1,
      dims: [kernel.length],
      rawData: bytesOf(kernel),
    }),
    onnx.TensorProto.create({ name: `bias_${index}`, dataType: 1, dims: [bias.length], floatData: [...bias] }),
  ]);
  return onnx.ModelProto.encode(onnx.ModelProto.create({ irVersion: 7, graph: { name: 'vgg', initializer } })).finish();
}

/** The source package as pip would leave it in `folder`; its path. */
export async function packageArchive(folder: string, { manifest, checkpoint }: WeightsFixture): Promise<string> {
  const path = join(folder, 'unpacked', manifest.package.checkpoint);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, checkpoint);
  await writeFile(join(folder, 'unpacked/tiny_vgg-1.0/setup.py'), 'raise SystemExit("never run")\n');
  const archive = join(folder, 'tiny_vgg-1.0.tar.gz');
  await create({ gzip: true, file: archive, cwd: join(folder, 'unpacked') }, ['tiny_vgg-1.0']);
  return archive;
}
