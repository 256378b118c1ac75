/** What a training needs to go on: its state after a finished epoch, in one file. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DecoderSettings, ParameterName } from '../captioner/decoder.js';
import { parameterNames, parameterShapes } from '../captioner/decoder.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { writeFileAtomically } from '../store/atomic-file.js';
import { sizeOf } from '../tensors/graph.js';
import type { StoredTensor } from '../tensors/safetensors.js';
import { decodeSafetensors, encodeSafetensors, parseHeader, readHeaderLength } from '../tensors/safetensors.js';
import type { ParameterValues, TrainingState } from './engines/engine.js';
import type { TrainingEpoch } from './events.js';
import { initialParameters } from './initial-parameters.js';
import { lastEpoch, progressName } from './run-folder.js';
import { inputName, slots } from './step-graph.js';

export interface Progress {
  readonly state: TrainingState;
  /** Of the parameters over the steps so far. */
  readonly average: ParameterValues;
  /** The finished epochs. */
  readonly history: readonly TrainingEpoch[];
  /** The words of the decoder: others would have been drawn from other captions. */
  readonly vocabulary: readonly string[];
  /** What was learned from; see `TrainingData.fingerprint`. */
  readonly fingerprint: string;
}

/** Bytes before the header of a safetensors file. */
const LENGTH_BYTES = 8;

/** Seeded parameters before the first step. */
export function startingState(decoder: DecoderSettings, seed: number): TrainingState {
  return withoutMoments(initialParameters(decoder, seed));
}

/** Parameters before the first step, with moments of zero. */
export function withoutMoments(parameters: ParameterValues): TrainingState {
  return new Map(
    [...parameters].map(([name, parameter]) => [
      name,
      { parameter, firstMoment: new Float32Array(parameter.length), secondMoment: new Float32Array(parameter.length) },
    ]),
  );
}

/** @throws EkphrasisError STORAGE_FAILED */
export async function writeProgress(directory: string, progress: Progress, decoder: DecoderSettings): Promise<void> {
  const { state, average, history, vocabulary, fingerprint } = progress;
  const shapes = parameterShapes(decoder);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, values] of state) {
    for (const slot of slots) {
      tensors.set(inputName(name, slot), { type: 'F32', shape: [...shapes[name]], data: new Float32Array(values[slot]) });
    }
  }
  for (const [name, values] of average) tensors.set(averageName(name), { type: 'F32', shape: [...shapes[name]], data: new Float32Array(values) });
  const metadata = { history: JSON.stringify(history), vocabulary: JSON.stringify(vocabulary), fingerprint };
  await writeFileAtomically(join(directory, progressName(history.length)), encodeSafetensors(tensors, metadata));
}

/**
 * Reads what the last finished epoch left.
 *
 * @param sizes of the decoder, whose words are read as well
 * @returns nothing where no epoch was finished
 * @throws EkphrasisError INVALID_CHECKPOINT when the file is damaged or of another decoder
 */
export async function readProgress(directory: string, sizes: Omit<DecoderSettings, 'vocabularySize'>): Promise<Progress | undefined> {
  const epoch = await lastEpoch(directory);
  if (epoch === 0) return undefined;
  const { tensors, metadata } = decodeSafetensors(await readFile(join(directory, progressName(epoch))));
  const vocabulary = JSON.parse(metadata.vocabulary ?? '[]') as string[];
  const decoder = { ...sizes, vocabularySize: vocabulary.length };
  const shapes = parameterShapes(decoder);
  const read = (name: string, size: number) => {
    const tensor = tensors.get(name);
    if (tensor?.type === 'F32' && tensor.data.length === size) return tensor.data;
    throw new EkphrasisError(ErrorCode.InvalidCheckpoint, `The training's progress lacks ${name}; train again from the start.`);
  };
  const state = new Map(
    parameterNames(decoder).map((name) => {
      const [parameter, firstMoment, secondMoment] = [slots[0], slots[1], slots[2]].map((slot) => read(inputName(name, slot), sizeOf(shapes[name])));
      if (!parameter || !firstMoment || !secondMoment) throw new RangeError('three slots make a state');
      return [name, { parameter, firstMoment, secondMoment }];
    }),
  );
  const average = new Map(parameterNames(decoder).map((name) => [name, read(averageName(name), sizeOf(shapes[name]))]));
  const history = JSON.parse(metadata.history ?? '[]') as TrainingEpoch[];
  return { state, average, history, vocabulary, fingerprint: metadata.fingerprint ?? '' };
}

/** What the last finished epoch was learned from, out of its file's header alone; nothing where no epoch was finished. */
export async function learnedFrom(directory: string): Promise<string | undefined> {
  const epoch = await lastEpoch(directory);
  if (epoch === 0) return undefined;
  const file = await open(join(directory, progressName(epoch)));
  try {
    const { buffer } = await file.read(Buffer.alloc(LENGTH_BYTES), 0, LENGTH_BYTES, 0);
    const length = readHeaderLength(buffer);
    const header = await file.read(Buffer.alloc(length), 0, length, LENGTH_BYTES);
    return parseHeader(header.buffer).metadata.fingerprint;
  } finally {
    await file.close();
  }
}

function averageName(name: ParameterName): string {
  return `average.${name}`;
}
