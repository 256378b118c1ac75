/**
 * What becomes of a model that was just made: it is measured beside the one in use, and used where that was asked for.
 */
import { modelInUse } from '../models/registry.js';
import type { ModelRecord } from '../store/models.js';
import {
  type Candidate,
  type CandidateOutcome,
  type DecisionDependencies,
  decideOnCaptioner,
  decideOnSearchModel,
} from './candidates.js';
import type { EvaluationDependencies } from './evaluate-model.js';

/**
 * What becomes of a new model. Whoever chooses another while it is measured is asked beside which it is measured then.
 */
export async function decide(
  candidate: Candidate,
  dependencies: DecisionDependencies,
  signal: AbortSignal | undefined,
): Promise<CandidateOutcome> {
  const { task } = candidate.model;
  const find = () => modelInUse(task, dependencies.store, dependencies.inference.encoder.id);
  for (;;) {
    const current = await find();
    const outcome = await (task === 'SEARCH' ? decideOnSearchModel : decideOnCaptioner)(
      candidate,
      current,
      dependencies,
      signal,
    );
    if ((await find())?.id === current?.id) return outcome;
  }
}

/** Has a model used where that was decided, unless another was chosen since. Done again, it changes nothing. */
export async function applyOutcome(
  { used, currentModelId }: CandidateOutcome,
  model: ModelRecord,
  { store, inference }: EvaluationDependencies,
): Promise<void> {
  if (!used || (await modelInUse(model.task, store, inference.encoder.id))?.id !== (currentModelId ?? undefined))
    return;
  await store.models.choose(model.id);
  if (model.task === 'CAPTION') await store.models.makeCurrent(model.id);
}
