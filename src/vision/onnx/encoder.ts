/**
 * Any network that gives regions as an encoder: an ONNX file, and a JSON beside it that says how photos are put to it.
 */
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from '../../tensors/onnx-runtime.js';
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { fromHalf, toHalf } from '../../files/half.js';
import type { EncoderId } from '../../ids.js';
import { sha256Of } from '../../files/sha256.js';
import { type Encoder, ENCODER_BATCH, encoderOf, type ImageFeatures, type Network } from '../encoder.js';
import type { PhotoLimits } from '../photo.js';
import { halfBits } from '../../tensors/half-tensor.js';
import { type OnnxSettings, onnxSettingsSchema } from './settings.js';

export interface OnnxOptions {
  /** `ENCODER`: the .onnx file. */
  readonly file: string;
  readonly photoLimits?: PhotoLimits;
  /** Threads for one operation; ONNX Runtime's choice (the physical cores) by default. */
  readonly threads?: number;
}

/** The longest vectors that pgvector keeps. */
const LONGEST_POOLED = 16_000;

/**
 * Reads both files, compiles the network and lets it see a black picture, which tells the shapes of what it gives.
 *
 * @throws EkphrasisError INVALID_CONFIGURATION that names the file and what is wrong with it
 */
export async function openOnnxEncoder({ file, photoLimits, threads }: OnnxOptions): Promise<Encoder> {
  const settingsFile = file.replace(/\.onnx$/i, '.json');
  // One after the other, so that of two files that are missing it is always the network that is named.
  const network = await read(file);
  const json = await read(settingsFile, ' It says how photos are put to the network: see ENCODER in the README.');
  const settings = parseSettings(settingsFile, json);
  const session = await InferenceSession.create(network, {
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    logSeverityLevel: 3,
  }).catch((cause: unknown) => {
    throw unusable(file, `ONNX Runtime cannot load it (${reasonOf(cause)})`, cause);
  });
  try {
    const input = inputOf(session, settings, file);
    for (const name of [settings.regions, settings.pooled]) {
      if (name === undefined || session.outputNames.includes(name)) continue;
      throw unusable(settingsFile, `the network has no output ${name}, but ${session.outputNames.join(', ')}`);
    }
    const opened = new OnnxNetwork(session, settings, input, file);
    const { pooled, shape } = await opened.probe();
    const id = `onnx-${shortHash(network)}-${shortHash(json)}` as EncoderId;
    const { side, channels, mean, deviation } = settings;
    return encoderOf(
      { id, ...shape, pooledSize: pooled.length, input: { side, channels, mean, deviation } },
      opened,
      photoLimits,
    );
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** The network's input: its name, and how many photos it takes at once where it does not take any number. */
interface NetworkInput {
  readonly name: string;
  readonly batch: number | undefined;
}

/** @throws INVALID_CONFIGURATION where it cannot be given photos */
function inputOf({ inputMetadata }: InferenceSession, { side }: OnnxSettings, file: string): NetworkInput {
  const [input, ...others] = inputMetadata;
  if (!input || others.length > 0)
    throw unusable(file, `the network has ${inputMetadata.length} inputs; one is wanted, [n, 3, ${side}, ${side}]`);
  const wanted = [undefined, 3, side, side];
  const fits = (size: number | string | undefined, axis: number) =>
    typeof size !== 'number' || wanted[axis] === undefined || size === wanted[axis];
  if (!input.isTensor || input.type !== 'float32' || input.shape.length !== wanted.length || !input.shape.every(fits)) {
    const found = input.isTensor ? `${input.type} [${input.shape.join(', ')}]` : 'no tensor';
    throw unusable(
      file,
      `the network's input ${input.name} is ${found}; float32 [n, 3, ${side}, ${side}] is wanted. The side is said in the JSON`,
    );
  }
  const [batch] = input.shape;
  return { name: input.name, batch: typeof batch === 'number' && batch > 0 ? batch : undefined };
}

/** Numbers of several photos: [n, places, channels]. */
interface Places {
  readonly values: Float32Array;
  readonly places: number;
  readonly channels: number;
}

class OnnxNetwork implements Network {
  constructor(
    private readonly session: InferenceSession,
    private readonly settings: OnnxSettings,
    private readonly input: NetworkInput,
    private readonly file: string,
  ) {}

  /** What it gives of one picture. @throws EkphrasisError INVALID_CONFIGURATION */
  async probe(): Promise<{
    readonly pooled: Float32Array;
    readonly shape: { readonly regions: number; readonly regionSize: number };
  }> {
    const { side, skip } = this.settings;
    const outputs = await this.compute(new Float32Array(3 * side * side), 1).catch((cause: unknown) => {
      throw unusable(
        this.file,
        `the network does not take a picture of ${side} x ${side} pixels (${reasonOf(cause)})`,
        cause,
      );
    });
    const { places, channels } = this.placesOf(outputs);
    if (places <= skip) throw unusable(this.file, `the network gives ${places} places, of which ${skip} are skipped`);
    const [features] = this.features(outputs, 1);
    if (!features || features.pooled.length === 0) throw unusable(this.file, 'the network gives no numbers');
    if (features.pooled.length > LONGEST_POOLED)
      throw unusable(
        this.file,
        `a photo as a whole is ${features.pooled.length} numbers; ${LONGEST_POOLED} can be kept`,
      );
    if (![...features.pooled, ...fromHalf(features.regions)].every(Number.isFinite))
      throw unusable(this.file, 'the network gives numbers that are not finite in half precision');
    return { pooled: features.pooled, shape: { regions: places - skip, regionSize: channels } };
  }

  async run(pixels: Float32Array, images: number): Promise<ImageFeatures[]> {
    const size = pixels.length / images;
    const batch = this.input.batch ?? ENCODER_BATCH;
    const seen: ImageFeatures[] = [];
    for (let first = 0; first < images; first += batch) {
      const count = Math.min(batch, images - first);
      seen.push(
        ...this.features(await this.compute(pixels.subarray(first * size, (first + count) * size), count), count),
      );
    }
    return seen;
  }

  close(): Promise<void> {
    return this.session.release();
  }

  /**
   * @param pixels of so many images, no more than the network takes at once; where it takes no fewer, black ones fill
   *   up
   */
  private async compute(pixels: Float32Array, images: number): Promise<InferenceSession.OnnxValueMapType> {
    const { side } = this.settings;
    const batch = this.input.batch ?? images;
    const given = new Float32Array(batch * 3 * side * side);
    given.set(pixels);
    return this.session.run({ [this.input.name]: new Tensor('float32', given, [batch, 3, side, side]) });
  }

  private features(outputs: InferenceSession.OnnxValueMapType, images: number): ImageFeatures[] {
    const { skip, pooled: pooledName } = this.settings;
    const all = this.placesOf(outputs);
    const whole = pooledName === undefined ? undefined : this.numbersOf(outputs, pooledName);
    const [size, pooledSize] = [all.places * all.channels, whole ? whole.values.length / (whole.dims[0] ?? 1) : 0];
    return Array.from({ length: images }, (_, image) => {
      const places = all.values.subarray(image * size, (image + 1) * size);
      const regions = places.subarray(skip * all.channels);
      const pooled = whole
        ? whole.values.slice(image * pooledSize, (image + 1) * pooledSize)
        : this.pool(places, regions, all.channels);
      return { pooled, regions: toHalf(regions) };
    });
  }

  /** @param places all of them [places, channels], @param regions those of the photo */
  private pool(places: Float32Array, regions: Float32Array, channels: number): Float32Array {
    if (this.settings.pooling === 'first') return places.slice(0, channels);
    const count = regions.length / channels;
    const largest = this.settings.pooling === 'max';
    return Float32Array.from({ length: channels }, (_, channel) => {
      let result = largest ? -Infinity : 0;
      for (let region = 0; region < count; region++) {
        const value = regions[region * channels + channel] ?? 0;
        result = largest ? Math.max(result, value) : result + value / count;
      }
      return result;
    });
  }

  private placesOf(outputs: InferenceSession.OnnxValueMapType): Places {
    const { values, dims } = this.numbersOf(outputs, this.settings.regions);
    const [images = 0, second = 0, third = 0, fourth] = dims;
    if (dims.length === 3) return { values, places: second, channels: third };
    if (dims.length !== 4 || fourth !== third) {
      throw unusable(
        this.file,
        `the output ${this.settings.regions} is [${dims.join(', ')}]; [n, c, side, side] or [n, places, c] is wanted`,
      );
    }
    return { values: channelsLast(values, images, second, third * fourth), places: third * fourth, channels: second };
  }

  private numbersOf(
    outputs: InferenceSession.OnnxValueMapType,
    name: string,
  ): { readonly values: Float32Array; readonly dims: readonly number[] } {
    const output = outputs[name];
    if (output?.data instanceof Float32Array) return { values: output.data, dims: output.dims };
    if (output?.type === 'float16') return { values: fromHalf(halfBits(output)), dims: output.dims };
    throw unusable(this.file, `the output ${name} is ${output?.type ?? 'missing'}; float32 or float16 is wanted`);
  }
}

/** From [images, channels, places] to [images, places, channels]. */
function channelsLast(values: Float32Array, images: number, channels: number, places: number): Float32Array {
  const moved = new Float32Array(values.length);
  for (let image = 0; image < images; image++) {
    const start = image * channels * places;
    for (let channel = 0; channel < channels; channel++) {
      for (let place = 0; place < places; place++)
        moved[start + place * channels + channel] = values[start + channel * places + place] ?? 0;
    }
  }
  return moved;
}

async function read(path: string, hint = ''): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    throw unusable(path, `it cannot be read (${reasonOf(cause)}).${hint}`, cause);
  });
}

function parseSettings(path: string, json: Uint8Array): OnnxSettings {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(json));
  } catch (cause) {
    throw unusable(path, `it is no JSON (${reasonOf(cause)})`, cause);
  }
  const parsed = onnxSettingsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unusable(path, z.prettifyError(parsed.error).replaceAll('\n', ' '));
}

function shortHash(bytes: Uint8Array): string {
  return sha256Of(bytes).slice(0, 8);
}

function unusable(path: string, reason: string, cause?: unknown): EkphrasisError {
  return new EkphrasisError(ErrorCode.InvalidConfiguration, `ENCODER: ${path}: ${reason.replace(/\.$/, '')}.`, {
    cause,
  });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
