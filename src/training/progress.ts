/** What a training needs to go on: its state after a finished epoch, in one file. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import type { FreeSpace } from '../files/free-space.js';
import type { Shape } from '../tensors/graph.js';
import { sizeOf } from '../tensors/graph.js';
import type { StoredTensor } from '../tensors/safetensors.js';
import { decodeSafetensors, encodeSafetensors, parseHeader, readHeaderLength } from '../tensors/safetensors.js';
import type { ParameterValues, TrainingState } from './engines/engine.js';
import type { TrainingEpoch } from './events.js';
import { lastEpoch, progressName } from './run-folder.js';
import { inputName, slots } from './step-graph.js';

export interface Progress {
  readonly state: TrainingState;
  /** Of the parameters over the steps so far. */
  readonly average: ParameterValues;
  /** The finished epochs. */
  readonly history: readonly TrainingEpoch[];
  /** What the model is made of besides, and is not learned: such as what a search model projects regions with. */
  readonly constants: ParameterValues;
  /** The words of the model: others would have been drawn from other captions. */
  readonly vocabulary: readonly string[];
  /** What was learned from; see `TrainingData.fingerprint`. */
  readonly fingerprint: string;
}

/** Bytes before the header of a safetensors file. */
const LENGTH_BYTES = 8;

/** Parameters before the first step, with moments of zero. */
export function withoutMoments(parameters: ParameterValues): TrainingState {
  return new Map(
    [...parameters].map(([name, parameter]) => [
      name,
      { parameter, firstMoment: new Float32Array(parameter.length), secondMoment: new Float32Array(parameter.length) },
    ]),
  );
}

/** Shapes of what is learned, and of the constants, by name. */
export interface ModelShapes {
  readonly parameters: Readonly<Record<string, Shape>>;
  readonly constants: Readonly<Record<string, Shape>>;
}

/** @throws EkphrasisError STORAGE_FAILED */
export async function writeProgress(
  directory: string,
  progress: Progress,
  { parameters, constants }: ModelShapes,
  space: FreeSpace,
): Promise<void> {
  const { state, average, history, vocabulary, fingerprint } = progress;
  const tensors = new Map<string, StoredTensor>();
  const put = (name: string, shape: Shape | undefined, values: Float32Array) => {
    tensors.set(name, { type: 'F32', shape: [...(shape ?? [])], data: new Float32Array(values) });
  };
  for (const [name, values] of state) {
    for (const slot of slots) put(inputName(name, slot), parameters[name], values[slot]);
  }
  for (const [name, values] of average) put(averageName(name), parameters[name], values);
  for (const [name, values] of progress.constants) put(constantName(name), constants[name], values);
  const metadata = { history: JSON.stringify(history), vocabulary: JSON.stringify(vocabulary), fingerprint };
  await writeFileAtomically(join(directory, progressName(history.length)), encodeSafetensors(tensors, metadata), {
    space,
  });
}

/**
 * Reads what the last finished epoch left.
 *
 * @param shapesOf what a model of so many words is made of
 * @returns nothing where no epoch was finished
 * @throws EkphrasisError INVALID_CHECKPOINT when the file is damaged or of another model
 */
export async function readProgress(
  directory: string,
  shapesOf: (vocabularySize: number) => ModelShapes,
): Promise<Progress | undefined> {
  const epoch = await lastEpoch(directory);
  if (epoch === 0) return undefined;
  const { tensors, metadata } = decodeSafetensors(await readFile(join(directory, progressName(epoch))));
  const vocabulary = JSON.parse(metadata.vocabulary ?? '[]') as string[];
  const shapes = shapesOf(vocabulary.length);
  const read = (name: string, shape: Shape) => {
    const tensor = tensors.get(name);
    if (tensor?.type === 'F32' && tensor.data.length === sizeOf(shape)) return tensor.data;
    throw new EkphrasisError(
      ErrorCode.InvalidCheckpoint,
      `The training's progress lacks ${name}; train again from the start.`,
    );
  };
  const parameters = Object.entries(shapes.parameters);
  const state = new Map(
    parameters.map(([name, shape]) => {
      const [parameter, firstMoment, secondMoment] = [slots[0], slots[1], slots[2]].map((slot) =>
        read(inputName(name, slot), shape),
      );
      if (!parameter || !firstMoment || !secondMoment) throw new RangeError('three slots make a state');
      return [name, { parameter, firstMoment, secondMoment }];
    }),
  );
  const average = new Map(parameters.map(([name, shape]) => [name, read(averageName(name), shape)]));
  const constants = new Map(
    Object.entries(shapes.constants).map(([name, shape]) => [name, read(constantName(name), shape)]),
  );
  const history = JSON.parse(metadata.history ?? '[]') as TrainingEpoch[];
  return { state, average, constants, history, vocabulary, fingerprint: metadata.fingerprint ?? '' };
}

/**
 * What the last finished epoch was learned from, out of its file's header alone; nothing where no epoch was finished.
 */
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

function averageName(name: string): string {
  return `average.${name}`;
}

function constantName(name: string): string {
  return `constant.${name}`;
}
