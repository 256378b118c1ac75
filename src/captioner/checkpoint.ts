/** A decoder in a file: safetensors, with vocabulary, settings and encoder identity in its metadata. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Shape } from '../tensors/graph.js';
import type { FilePrecision, ParameterFile } from '../tensors/parameter-file.js';
import { modelHeaderSchema, readParameterFile, writeParameterFile } from '../tensors/parameter-file.js';
import type { DecoderSettings } from './decoder.js';
import { memberPrefixes, parameterNames, parameterShapes } from './decoder.js';

const size = z.number().int().positive();

const headerSchema = modelHeaderSchema.extend({
  format: z.literal('ekphrasis-captioner'),
  settings: z.object({
    regions: size, regionSize: size, embeddingSize: size, hiddenSize: size, attentionSize: size,
    /** Decoders that write together, each with its own parameters; files of one alone may leave it out. */
    members: size.optional(),
  }),
  /** The model it was fine-tuned from; a training from nothing has none. */
  from: z.object({ id: z.string(), name: z.string(), sha256: z.string() }).optional(),
});

/** What an ensemble says of its training: who its members were and what each said. */
const membersTrainingSchema = z.object({ members: z.array(z.object({ name: z.string() }).catchall(z.json())) });

export type CheckpointHeader = z.infer<typeof headerSchema>;

export type Checkpoint = ParameterFile<CheckpointHeader>;

/** Sizes of the decoder a checkpoint holds, or of each of them, but for the vocabulary. */
export function sizesOf({ settings }: CheckpointHeader): Omit<DecoderSettings, 'vocabularySize'> {
  const { regions, regionSize, embeddingSize, hiddenSize, attentionSize } = settings;
  return { regions, regionSize, embeddingSize, hiddenSize, attentionSize };
}

/** Sizes of the decoder a checkpoint holds, or of each of them. */
export function settingsOf(header: CheckpointHeader): DecoderSettings {
  return { ...sizesOf(header), vocabularySize: header.vocabulary.length };
}

/** One of the decoders that a checkpoint holds, as a checkpoint of it alone; an ensemble's first where none is named. */
export function memberOf({ header, parameters }: Checkpoint, member = 0): Checkpoint {
  const prefix = memberPrefixes(header.settings.members ?? 1)[member] ?? '';
  const names = parameterNames(settingsOf(header));
  const own = names.map((name) => [name, parameters.get(prefix + name) ?? new Float32Array()] as const);
  const said = membersTrainingSchema.safeParse(header.training).data?.members[member];
  const { name, ...training } = said ?? { ...header.training, name: header.name };
  return { header: { ...header, name, training, settings: sizesOf(header) }, parameters: new Map(own) };
}

/**
 * Several decoders in one checkpoint: they write together.
 *
 * @param checkpoints of one decoder each or of several
 * @throws EkphrasisError BAD_USER_INPUT where they have not the same words, sizes and encoder
 */
export function ensembleOf(checkpoints: readonly Checkpoint[], name: string): Checkpoint {
  const members = checkpoints.flatMap((checkpoint) => Array.from({ length: checkpoint.header.settings.members ?? 1 }, (_, member) => memberOf(checkpoint, member)));
  const [first] = members;
  if (!first) throw new RangeError('an ensemble has members');
  const sameAs = ({ header }: Checkpoint) => JSON.stringify([header.encoder, header.settings, header.vocabulary]);
  const other = members.find((member) => sameAs(member) !== sameAs(first));
  if (other) {
    const message = `"${other.header.name}" and "${first.header.name}" cannot write together: they have other words, sizes or encoders. Train them on the same captions.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  const prefixes = memberPrefixes(members.length);
  const parameters = members.flatMap((member, place) => [...member.parameters].map(([parameter, values]) => [`${prefixes[place] ?? ''}${parameter}`, values] as const));
  const settings = { ...first.header.settings, ...(members.length > 1 ? { members: members.length } : {}) };
  const training = { members: members.map(({ header }) => ({ name: header.name, ...header.training })) };
  const compatibleEncoders = first.header.compatibleEncoders.filter((encoder) => members.every(({ header }) => header.compatibleEncoders.includes(encoder)));
  return { header: { ...first.header, name, settings, compatibleEncoders, from: undefined, training }, parameters: new Map(parameters) };
}

/** The shape of every parameter in the file. */
function shapesOf(header: CheckpointHeader): Readonly<Record<string, Shape>> {
  const own = Object.entries(parameterShapes(settingsOf(header)));
  return Object.fromEntries(memberPrefixes(header.settings.members ?? 1).flatMap((prefix) => own.map(([name, shape]) => [prefix + name, shape])));
}

/** The file's bytes; in half precision they are half as many and the captions the same. */
export function writeCheckpoint(checkpoint: Checkpoint, precision: FilePrecision): Uint8Array {
  return writeParameterFile(checkpoint, shapesOf(checkpoint.header), precision);
}

/** @throws EkphrasisError INVALID_CHECKPOINT when the file is damaged, of another kind, or does not hold this decoder */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  return readParameterFile(bytes, headerSchema, shapesOf);
}
