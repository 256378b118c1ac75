/** What a training learns from in each of its epochs: people's captions, then, where it is asked for, what its own are worth. */
import type { Decoder } from '../captioner/decoder.js';
import type { TrainingExample } from './batch-order.js';
import { Batches, batchFeeds } from './batches.js';
import type { Drawn } from './batch-order.js';
import type { ParameterValues } from './engines/engine.js';
import type { LengthProfile } from './length-profile.js';
import type { CiderReferences } from '../metrics/cider.js';
import { SelfCriticalBatches } from './self-critical.js';
import type { PlannedPhase } from './phase-plan.js';
import type { TrainingSettings } from './settings.js';
import type { Lesson } from './task.js';

/** The steps of a phase, batch by batch. */
export interface PhaseBatches {
  readonly profile: LengthProfile;
  readonly labelSmoothing: number;
  readonly perEpoch: number;
  order(epoch: number): Drawn[][];
  /** @param parameters as they are before the step @param step counted over the whole training */
  lesson(drawn: readonly Drawn[], regions: Uint16Array, step: number, parameters: ParameterValues): Promise<Lesson>;
  close(): Promise<void>;
}

/** What the batches of every phase are made of. */
export interface Material {
  readonly examples: readonly TrainingExample[];
  readonly decoder: Decoder;
  readonly images: number;
  /** Captions of the train split as they are compared with, in the order of `examples`; asked for once at most. */
  readonly references: () => CiderReferences;
  readonly vocabulary: readonly string[];
}

export async function openPhase(planned: PlannedPhase, material: Material, settings: TrainingSettings): Promise<PhaseBatches> {
  const { phase, first } = planned;
  const { examples, images, decoder } = material;
  const { seed, dropout, maximumWords: words } = settings;
  if (phase.objective === 'SELF_CRITICAL') return SelfCriticalBatches.open(phase, material, settings);
  const captions = Math.min(settings.captionsPerImage, Math.max(...examples.map((example) => example.captions.length)));
  const batches = new Batches(examples, { firstEpoch: first, epochs: phase.epochs, images, captions, words, seed, dropout, decoder });
  return {
    profile: batches.profile,
    labelSmoothing: settings.labelSmoothing,
    perEpoch: batches.perEpoch,
    order: (epoch) => batches.order(epoch),
    lesson: (drawn, regions, step) => Promise.resolve({ feeds: batchFeeds(batches.assemble(drawn, regions, step)) }),
    close: () => Promise.resolve(),
  };
}
