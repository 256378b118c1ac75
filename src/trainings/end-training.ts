/** The end of a training: its model is kept, measured beside the one in use, and used where that was asked for. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { readOutcome } from '../evaluation/candidates.js';
import { applyOutcome, decide } from '../evaluation/decide.js';
import type { EvaluationDependencies } from '../evaluation/evaluate-model.js';
import type { ModelId, TrainingJobId } from '../ids.js';
import { keepTrainedModel } from '../models/registry.js';
import type { Store } from '../store/store.js';
import type { TrainedModel } from './run-training.js';
import type { StageTeller } from './stage-teller.js';

export interface TrainingEndDependencies extends EvaluationDependencies {
  readonly store: EvaluationDependencies['store'] & Pick<Store, 'trainingJobs'>;
  readonly stages: StageTeller;
  /** Has every photo embedded by the search model that is to answer. */
  reindex(): Promise<unknown>;
}

/** Takes over what a training made, and decides on it. Done again after a restart, it keeps what was decided. */
export async function endTraining(
  jobId: TrainingJobId,
  { checkpoint, bestEpoch, settings }: TrainedModel,
  dependencies: TrainingEndDependencies,
  signal: AbortSignal,
): Promise<ModelId> {
  const { store, stages } = dependencies;
  await stages.at('PUBLISHING', 0, null);
  const best = (await store.trainingJobs.epochs(jobId)).find(({ epoch }) => epoch === bestEpoch);
  if (!best) throw new EkphrasisError(ErrorCode.TrainingFailed, `Epoch ${bestEpoch} of the training was not kept.`);
  const model = await keepTrainedModel(store, jobId, checkpoint, best, settings.dataset);
  const decided = readOutcome((await store.trainingJobs.find(jobId))?.outcome);
  const dataset = settings.dataset && (await store.datasets.find(settings.dataset));
  await stages.at('MEASURING', 0, null);
  const onProgress = (done: number, total: number) => {
    // A sign that does not arrive is no failure of what it is a sign of.
    stages.at('MEASURING', done, total).catch(() => undefined);
  };
  const outcome =
    decided ?? (await decide({ model, use: settings.use, dataset }, { ...dependencies, onProgress }, signal));
  await stages.at('PUBLISHING', 0, null);
  await store.trainingJobs.decide(jobId, outcome);
  await applyOutcome(outcome, model, dependencies);
  // The model before answers until this one has embedded every photo.
  if (model.task === 'SEARCH' && outcome.used) await dependencies.reindex();
  return model.id;
}
