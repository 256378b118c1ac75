/** A decoder in a file: safetensors, with vocabulary, settings and encoder identity in its metadata. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Shape } from '../tensors/graph.js';
import type { FilePrecision, ParameterFile } from '../tensors/parameter-file.js';
import {
  modelHeaderSchema,
  readModelHeader,
  readParameterFile,
  writeParameterFile,
} from '../tensors/parameter-file.js';
import type { Decoder } from './decoder.js';
import { memberPrefixes } from './decoder.js';
import type { ArchitectureSettings } from './decoders/all.js';
import { architectureSchema, createDecoder } from './decoders/all.js';

const settingsSchema = architectureSchema
  .extend({
    /** Decoders that write together, each with its own parameters; files of one alone may leave it out. */
    members: z.number().int().positive().optional(),
    /** What each of them is, where they are not alike; the rest of the settings are the first one's. */
    each: z.array(architectureSchema).min(2).optional(),
  })
  .refine(({ members, each }) => each === undefined || each.length === members, {
    path: ['each'],
    message: 'has one for each member',
  });

const headerSchema = modelHeaderSchema.extend({
  format: z.literal('ekphrasis-captioner'),
  settings: settingsSchema,
  /** The model it was fine-tuned from; a training from nothing has none. */
  from: z.object({ id: z.string(), name: z.string(), sha256: z.string() }).optional(),
});

/** What an ensemble says of its training: who its members were and what each said. */
const membersTrainingSchema = z.object({ members: z.array(z.object({ name: z.string() }).catchall(z.json())) });

export type CheckpointHeader = z.infer<typeof headerSchema>;

export type Checkpoint = ParameterFile<CheckpointHeader>;

/** What each decoder of a checkpoint is: one, or the members of an ensemble. @param settings of its header */
export function architecturesOf({ members = 1, each, ...first }: CheckpointHeader['settings']): ArchitectureSettings[] {
  return each ?? Array.from({ length: members }, () => first);
}

/** As `architecturesOf`, of settings as they are stored beside a model; none where they are not a captioner's. */
export function readArchitectures(settings: unknown): ArchitectureSettings[] {
  const parsed = settingsSchema.safeParse(settings);
  return parsed.success ? architecturesOf(parsed.data) : [];
}

/** The decoders that a checkpoint holds. */
export function decodersOf(header: CheckpointHeader): Decoder[] {
  return architecturesOf(header.settings).map((architecture) => createDecoder(architecture, header.vocabulary.length));
}

/**
 * One of the decoders that a checkpoint holds, as a checkpoint of it alone; an ensemble's first where none is named.
 */
export function memberOf({ header, parameters }: Checkpoint, member = 0): Checkpoint {
  const architectures = architecturesOf(header.settings);
  const settings = architectures[member];
  if (!settings) throw new RangeError(`there is no member ${member}`);
  const prefix = memberPrefixes(architectures.length)[member] ?? '';
  const names = Object.keys(createDecoder(settings, header.vocabulary.length).shapes);
  const own = names.map((name) => [name, parameters.get(prefix + name) ?? new Float32Array()] as const);
  const said = membersTrainingSchema.safeParse(header.training).data?.members[member];
  const { name, ...training } = said ?? { ...header.training, name: header.name };
  return { header: { ...header, name, training, settings }, parameters: new Map(own) };
}

/**
 * Several decoders in one checkpoint: they write together. Their networks may differ.
 *
 * @param checkpoints of one decoder each or of several
 * @throws EkphrasisError BAD_USER_INPUT where they have not the same words and encoder
 */
export function ensembleOf(checkpoints: readonly Checkpoint[], name: string): Checkpoint {
  const members = checkpoints.flatMap((checkpoint) =>
    architecturesOf(checkpoint.header.settings).map((_, member) => memberOf(checkpoint, member)),
  );
  const [first] = members;
  if (!first) throw new RangeError('an ensemble has members');
  const wordsAndPhotos = ({
    header: {
      encoder,
      vocabulary,
      settings: { regions, regionSize },
    },
  }: Checkpoint) => JSON.stringify([encoder, vocabulary, regions, regionSize]);
  const other = members.find((member) => wordsAndPhotos(member) !== wordsAndPhotos(first));
  if (other) {
    const message = `"${other.header.name}" and "${first.header.name}" cannot write together: they have other words or encoders. Train them on the same captions.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  const prefixes = memberPrefixes(members.length);
  const parameters = members.flatMap((member, place) =>
    [...member.parameters].map(([parameter, values]) => [`${prefixes[place] ?? ''}${parameter}`, values] as const),
  );
  const each = members.flatMap(({ header }) => architecturesOf(header.settings));
  const alike = each.every((own) => isDeepStrictEqual(own, each[0]));
  const settings = {
    ...first.header.settings,
    ...(members.length > 1 ? { members: members.length, ...(alike ? {} : { each }) } : {}),
  };
  const training = { members: members.map(({ header }) => ({ name: header.name, ...header.training })) };
  const compatibleEncoders = first.header.compatibleEncoders.filter((encoder) =>
    members.every(({ header }) => header.compatibleEncoders.includes(encoder)),
  );
  return {
    header: { ...first.header, name, settings, compatibleEncoders, from: undefined, training },
    parameters: new Map(parameters),
  };
}

/** The shape of every parameter in the file. */
function shapesOf(header: CheckpointHeader): Readonly<Record<string, Shape>> {
  const decoders = decodersOf(header);
  const prefixes = memberPrefixes(decoders.length);
  return Object.fromEntries(
    decoders.flatMap(({ shapes }, member) =>
      Object.entries(shapes).map(([name, shape]) => [`${prefixes[member] ?? ''}${name}`, shape]),
    ),
  );
}

/** The file's bytes; in half precision they are half as many and the captions the same. */
export function writeCheckpoint(checkpoint: Checkpoint, precision: FilePrecision): Uint8Array {
  return writeParameterFile(checkpoint, shapesOf(checkpoint.header), precision);
}

/**
 * @throws EkphrasisError INVALID_CHECKPOINT when the file is damaged, of another kind, or does not hold this decoder
 */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  return readParameterFile(bytes, headerSchema, shapesOf);
}

/** @throws EkphrasisError as `readCheckpoint` */
export function readCheckpointHeader(bytes: Uint8Array): CheckpointHeader {
  return readModelHeader(bytes, headerSchema, shapesOf);
}
