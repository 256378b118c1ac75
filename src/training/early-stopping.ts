/**
 * When a training ends before its last epoch, because it no longer gets better (Prechelt 1998, "Early Stopping - But
 * When?").
 */
import type { TrainingEpoch } from './events.js';
import { planPhases } from './phase-plan.js';
import type { TrainingSettings } from './settings.js';

/**
 * Why a training ends after the epochs it has. What decides is `best`, so that whoever knows the epochs can tell, and a
 * training that goes on after a break decides as an unbroken one. Only the last phase may end early; what is waited for
 * there begins with it.
 *
 * @param finished in order
 * @returns a sentence; undefined where it goes on, or has had all its epochs
 */
export function earlyEnd(
  finished: readonly Pick<TrainingEpoch, 'epoch' | 'best'>[],
  { epochs, patience, phases }: Pick<TrainingSettings, 'epochs' | 'patience' | 'phases'>,
): string | undefined {
  const last = finished.at(-1)?.epoch ?? 0;
  const best = finished.findLast((epoch) => epoch.best)?.epoch ?? 0;
  const before = (planPhases({ epochs, phases }).at(-1)?.first ?? 1) - 1;
  if (patience === undefined || last >= epochs || last - Math.max(best, before) < patience) return undefined;
  const waited = patience === 1 ? 'the epoch after it was' : `the ${patience} epochs after it were`;
  return `Stopped early, after epoch ${last} of ${epochs}: epoch ${best} is the best, and ${waited} no better.`;
}
