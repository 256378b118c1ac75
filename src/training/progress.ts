/** What a training needs to go on: its state after the last finished epoch, in one file. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DecoderSettings, ParameterName } from '../captioner/decoder.js';
import { parameterNames, parameterShapes } from '../captioner/decoder.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { writeFileAtomically } from '../store/atomic-file.js';
import { sizeOf } from '../tensors/graph.js';
import type { StoredTensor } from '../tensors/safetensors.js';
import { decodeSafetensors, encodeSafetensors } from '../tensors/safetensors.js';
import type { ParameterValues, TrainingState } from './engines/engine.js';
import type { TrainingEpoch } from './events.js';
import { initialParameters } from './initial-parameters.js';
import { inputName, slots } from './step-graph.js';

export interface Progress {
  readonly state: TrainingState;
  /** Of the parameters over the steps so far. */
  readonly average: ParameterValues;
  /** The finished epochs. */
  readonly history: readonly TrainingEpoch[];
}

const FILE = 'progress.safetensors';

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

export async function writeProgress(directory: string, { state, average, history }: Progress, decoder: DecoderSettings): Promise<void> {
  const shapes = parameterShapes(decoder);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, values] of state) {
    for (const slot of slots) {
      tensors.set(inputName(name, slot), { type: 'F32', shape: [...shapes[name]], data: new Float32Array(values[slot]) });
    }
  }
  for (const [name, values] of average) tensors.set(averageName(name), { type: 'F32', shape: [...shapes[name]], data: new Float32Array(values) });
  await writeFileAtomically(join(directory, FILE), encodeSafetensors(tensors, { history: JSON.stringify(history) }));
}

/**
 * @returns nothing where no epoch was finished
 * @throws EkphrasisError INVALID_CHECKPOINT when the file is damaged or of another decoder
 */
export async function readProgress(directory: string, decoder: DecoderSettings): Promise<Progress | undefined> {
  const bytes = await readIfThere(join(directory, FILE));
  if (!bytes) return undefined;
  const { tensors, metadata } = decodeSafetensors(bytes);
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
  return { state, average, history: JSON.parse(metadata.history ?? '[]') as TrainingEpoch[] };
}

function averageName(name: ParameterName): string {
  return `average.${name}`;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
