/**
 * What a training learns from in each of its epochs: people's captions, then, where it is asked for, what its own are
 * worth.
 */
import { Batches, batchFeeds } from './batches.js';
import type { Material, PhaseBatches } from './phase-batches.js';
import type { PlannedPhase } from './phase-plan.js';
import { SelfCriticalBatches } from './self-critical.js';
import type { TrainingSettings } from './settings.js';

export async function openPhase(
  planned: PlannedPhase,
  material: Material,
  settings: TrainingSettings,
): Promise<PhaseBatches> {
  const { phase, first } = planned;
  const { examples, images, decoder } = material;
  const { seed, dropout, maximumWords: words } = settings;
  if (phase.objective === 'SELF_CRITICAL') return SelfCriticalBatches.open(phase, material, settings);
  const captions = Math.min(settings.captionsPerImage, Math.max(...examples.map((example) => example.captions.length)));
  const batches = new Batches(examples, {
    firstEpoch: first,
    epochs: phase.epochs,
    images,
    captions,
    words,
    seed,
    dropout,
    decoder,
  });
  return {
    profile: batches.profile,
    labelSmoothing: settings.labelSmoothing,
    perEpoch: batches.perEpoch,
    order: (epoch) => batches.order(epoch),
    stepInputs: (drawn, regions, step) =>
      Promise.resolve({ feeds: batchFeeds(batches.assemble(drawn, regions, step)) }),
    close: () => Promise.resolve(),
  };
}
