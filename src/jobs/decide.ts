/** The end of what makes a model: it is kept, measured beside the one in use, and used where that was asked for. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId, ModelId, TrainingJobId } from '../ids.js';
import type { ModelRecord, ModelTask } from '../store/models.js';
import type { Store } from '../store/store.js';
import { type Candidate, type CandidateOutcome, decideOnCaptioner, decideOnSearchModel, readOutcome } from './candidates.js';
import type { EvaluationSurroundings } from './evaluate-model.js';
import { type Ensemble, makeEnsemble } from './make-ensemble.js';
import { findModel, keepTrainedModel } from './models.js';
import type { TrainedModel } from './run-training.js';
import type { Use } from './settings.js';
import { checkEncoder, fitsEncoder } from '../vision/encoder-fit.js';
import { whileNeeding } from './usage.js';

/** The model of a task that is used, where the running encoder sees what it was trained on. */
export async function inUse(task: ModelTask, store: Pick<Store, 'models'>, encoder: EncoderId): Promise<ModelRecord | undefined> {
  const model = await store.models.current(task);
  return model && fitsEncoder(model, encoder) ? model : undefined;
}

/** What becomes of a new model. Whoever chooses another while it is measured is asked beside which it is measured then. */
async function decide(candidate: Candidate, around: EvaluationSurroundings, signal: AbortSignal | undefined): Promise<CandidateOutcome> {
  const { task } = candidate.model;
  const find = () => inUse(task, around.store, around.inference.encoder.id);
  for (;;) {
    const current = await find();
    const outcome = await (task === 'SEARCH' ? decideOnSearchModel : decideOnCaptioner)(candidate, current, around, signal);
    if ((await find())?.id === current?.id) return outcome;
  }
}

/** Has a model used where that was decided, unless another was chosen since. Done again, it changes nothing. */
async function applyOutcome({ used, currentModelId }: CandidateOutcome, model: ModelRecord, { store, inference }: EvaluationSurroundings): Promise<void> {
  if (!used || (await inUse(model.task, store, inference.encoder.id))?.id !== (currentModelId ?? undefined)) return;
  await store.models.choose(model.id);
  if (model.task === 'CAPTION') await store.models.makeCurrent(model.id);
}

export interface TrainingEndSurroundings extends EvaluationSurroundings {
  readonly store: EvaluationSurroundings['store'] & Pick<Store, 'trainingJobs'>;
  /** Has every photo embedded by the search model that is to answer. */
  reindex(): Promise<unknown>;
}

/** Takes over what a training made, and decides on it. Done again after a restart, it keeps what was decided. */
export async function endTraining(
  jobId: TrainingJobId,
  { checkpoint, bestEpoch, settings }: TrainedModel,
  around: TrainingEndSurroundings,
  signal: AbortSignal,
): Promise<ModelId> {
  const { store } = around;
  const best = (await store.trainingJobs.epochs(jobId)).find(({ epoch }) => epoch === bestEpoch);
  if (!best) throw new EkphrasisError(ErrorCode.TrainingFailed, `Epoch ${bestEpoch} of the training was not kept.`);
  const model = await keepTrainedModel(store, jobId, checkpoint, best, settings.dataset);
  const decided = readOutcome((await store.trainingJobs.find(jobId))?.outcome);
  const dataset = settings.dataset && (await store.datasets.find(settings.dataset));
  const outcome = decided ?? (await decide({ model, use: settings.use, dataset }, around, signal));
  await store.trainingJobs.decide(jobId, outcome);
  await applyOutcome(outcome, model, around);
  // The model before answers until this one has embedded every photo.
  if (model.task === 'SEARCH' && outcome.used) await around.reindex();
  return model.id;
}

export interface Members {
  readonly members: readonly ModelId[];
  /** The members' names side by side without. */
  readonly name?: string | undefined;
  /** Default: NEVER. Where there is no captioner in use, it is used in any case. */
  readonly use?: Use | undefined;
}

export interface CandidateEnsemble extends Ensemble {
  readonly outcome: CandidateOutcome;
}

/** Makes several captioners one, and decides on it. @throws NOT_FOUND, ENCODER_MISMATCH, and what `makeEnsemble` throws */
export async function makeCandidateEnsemble(
  { members: ids, name, use = 'NEVER' }: Members,
  around: EvaluationSurroundings,
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<CandidateEnsemble> {
  const { store, inference, checkpoints } = around;
  return whileNeeding({ models: ids, photos: { of: undefined } }, store, async () => {
    const models = await Promise.all(ids.map((id) => findModel(store, id)));
    for (const model of models) checkEncoder(model, inference.encoder.id);
    const members = await Promise.all(models.map((model) => checkpoints.pathOf(model)));
    const request = { members, name: name ?? models.map((model) => model.name).join(' + ') };
    const made = await makeEnsemble(request, { ...around, encoder: inference.encoder }, onProgress, signal);
    const outcome = await decide({ model: made.model, use }, around, signal);
    await applyOutcome(outcome, made.model, around);
    return { ...made, outcome };
  });
}
