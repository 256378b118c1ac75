/** A model leaves the collection, with what it wrote. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId } from '../ids.js';
import type { CheckpointFiles } from '../store/checkpoint-files.js';
import type { ModelDependents, ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { settingsSchemas } from './job-settings.js';
import { readJobSettings } from './settings.js';

export interface DeletedModel extends ModelDependents {
  readonly model: ModelRecord;
}

export interface ModelDeletionSurroundings {
  readonly store: Pick<Store, 'models' | 'jobs' | 'trainingJobs'>;
  readonly checkpoints: Pick<CheckpointFiles, 'remove'>;
}

/**
 * Deletes a model: its captions with their ratings, its embeddings, evaluations and its file go with it. Models that were
 * trained from it stay, and so does the training that made it.
 *
 * @throws NOT_FOUND; CONFLICT for a model in use, for one that comes with the program, and while a job or a training needs it
 */
export async function deleteModel(id: ModelId, { store, checkpoints }: ModelDeletionSurroundings): Promise<DeletedModel> {
  const model = await store.models.find(id);
  if (!model) throw new EkphrasisError(ErrorCode.NotFound, `There is no model ${id}.`);
  if (model.current) throw conflict(model, 'is in use: choose another first (useModel, or ekphrasis models use ID)');
  if (model.shipped) throw conflict(model, 'comes with the program, which would bring it back at its next start');
  const user = await findUser(id, store);
  if (user !== undefined) throw conflict(model, `is needed by ${user}: wait for its end, or cancel it`);
  const counts = await store.models.delete(id);
  if (!counts) throw conflict(model, 'was taken into use or deleted at this moment: look again');
  if (!(await store.models.hasFile(model.checkpointSha256))) await checkpoints.remove(model);
  return { model, ...counts };
}

/** What has not ended and was told to work with the model. */
async function findUser(id: ModelId, { jobs, trainingJobs }: Pick<Store, 'jobs' | 'trainingJobs'>): Promise<string | undefined> {
  const trainings = await trainingJobs.inState('QUEUED', 'RUNNING', 'PAUSED');
  const training = trainings.find(({ settings }) => readJobSettings(settings).fromModelId === id);
  if (training) return `the training ${training.id}`;
  const open = await jobs.inState('QUEUED', 'RUNNING');
  const job = open.find(({ kind, settings }) => {
    const told = settingsSchemas[kind].parse(settings);
    return ('modelId' in told && told.modelId === id) || ('searchModelId' in told && told.searchModelId === id);
  });
  return job && `the job ${job.id} (${job.kind})`;
}

function conflict({ name }: ModelRecord, why: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.Conflict, `The model "${name}" ${why}.`);
}
