/** Which epochs of a training belong to which of its phases. */
import type { Phase, TrainingSettings } from './settings.js';

type Plan = Pick<TrainingSettings, 'phases' | 'epochs'>;

/** A phase by its epochs, counted over the whole training. */
export interface PlannedPhase {
  readonly phase: Phase;
  readonly first: number;
  readonly last: number;
}

/** The phases of a training, in order; one of cross-entropy where it names none. */
export function planPhases({ phases, epochs }: Plan): PlannedPhase[] {
  let last = 0;
  return (phases ?? [{ objective: 'CROSS_ENTROPY' as const, epochs }]).map((phase) => {
    const first = last + 1;
    last += phase.epochs;
    return { phase, first, last };
  });
}

/** The phase that an epoch belongs to. */
export function phaseOf(epoch: number, settings: Plan): PlannedPhase {
  const planned = planPhases(settings).find(({ last }) => epoch <= last);
  if (!planned) throw new RangeError(`the training has no epoch ${epoch}`);
  return planned;
}
