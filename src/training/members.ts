/** Several decoders that learn at once, as the members of an ensemble do: side by side in one graph, each by itself. */
import { type Checkpoint, architecturesOf, memberOf } from '../captioner/checkpoint.js';
import { type Decoder, memberPrefixes } from '../captioner/decoder.js';
import type { Shape } from '../tensors/graph.js';
import type { ParameterValues } from './engines/engine.js';
import { startFrom } from './fine-tuning.js';
import type { TrainingSettings } from './settings.js';
import type { Vocabulary } from '../language/vocabulary.js';

/**
 * The members of an earlier model that a training goes on with, as a checkpoint of them alone: all, or the first.
 * Members of unlike networks do not learn side by side: the first learns.
 */
export function learnersOf(earlier: Checkpoint, { members }: Pick<TrainingSettings, 'members'>): Checkpoint {
  return members === 'all' && earlier.header.settings.each === undefined ? earlier : memberOf(earlier);
}

/** Shapes of every member's parameters, under its prefix. */
export function shapesOfMembers({ shapes }: Decoder, members: number): Record<string, Shape> {
  return Object.fromEntries(prefixed(Array.from({ length: members }, () => Object.entries(shapes))));
}

/** Parameters to begin with: each member's own, with a row for every word that it lacks. */
export function startFromMembers(earlier: Checkpoint, vocabulary: Vocabulary): ParameterValues {
  const members = architecturesOf(earlier.header.settings).map((_, member) => memberOf(earlier, member));
  return new Map(prefixed(members.map((member) => [...startFrom(member, vocabulary)])));
}

function prefixed<Value>(members: readonly (readonly (readonly [string, Value])[])[]): (readonly [string, Value])[] {
  const prefixes = memberPrefixes(members.length);
  return members.flatMap((own, member) =>
    own.map(([name, value]) => [`${prefixes[member] ?? ''}${name}`, value] as const),
  );
}
