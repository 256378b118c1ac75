/** What trainings and jobs need of data sets: captions to learn from, and that nobody deletes them meanwhile. */
import { realpath } from 'node:fs/promises';
import { describeRemoval, type DatasetRemoval, removeDataset, type RemovalContext } from '../collection/remove-dataset.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId } from '../ids.js';
import type { DatasetRecord } from '../store/datasets.js';
import type { Split } from '../store/images.js';
import type { JobRecord } from '../store/jobs.js';
import type { Store } from '../store/store.js';
import type { TrainingJobRecord } from '../store/training-jobs.js';
import { settingsSchemas } from './job-settings.js';
import { readJobSettings } from './settings.js';

/**
 * The data set that a training is asked for on, once it is certain that there is something to learn from and to measure with.
 *
 * @param wish its id or name; all photos without
 * @throws NOT_FOUND and BAD_USER_INPUT as `resolve` does; INVALID_DATASET where the train or the dev split has no photo with captions
 */
export async function findTrainable(store: Pick<Store, 'datasets' | 'captions'>, wish: string | undefined): Promise<DatasetRecord | undefined> {
  const dataset = wish === undefined ? undefined : await store.datasets.resolve(wish);
  for (const split of ['train', 'dev'] as const) {
    if (await hasCaptions(store, split, dataset?.id)) continue;
    const place = dataset ? `in the ${split} split of ${dataset.name}` : `in the ${split} split`;
    const remedy = 'A training needs some in the train split and in the dev split: import a data set that has them, ekphrasis import FOLDER.';
    throw new EkphrasisError(ErrorCode.InvalidDataset, `There are no photos with captions ${place}. ${remedy}`);
  }
  return dataset;
}

async function hasCaptions({ captions }: Pick<Store, 'captions'>, split: Split, dataset: DatasetId | undefined): Promise<boolean> {
  const first = await captions.captioned([split], dataset).next();
  return first.done !== true;
}

type WorkStore = RemovalContext['store'] & Pick<Store, 'trainingJobs' | 'jobs'>;

/**
 * Deletes a data set; see `removeDataset`.
 *
 * @param confirmed without, nothing is deleted
 * @throws NOT_FOUND; BAD_USER_INPUT, with what would be deleted, where it is not confirmed; CONFLICT while a training or a job needs it
 */
export async function deleteDataset(
  id: DatasetId,
  confirmed: boolean,
  context: Omit<RemovalContext, 'store'> & { readonly store: WorkStore },
): Promise<DatasetRemoval> {
  const removal = await describeRemoval(id, context.store);
  await checkUnused(removal.dataset, context.store);
  if (!confirmed) {
    const { dataset, figures, deletedPhotos } = removal;
    const message =
      `Deleting the data set ${dataset.name} removes its ${figures.captions} captions and deletes ${deletedPhotos} of its ${figures.images} photos ` +
      '(the others are in another data set, or were uploaded or captioned by people). Confirm it.';
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  return removeDataset(id, context);
}

/** @throws CONFLICT */
async function checkUnused(dataset: DatasetRecord, { trainingJobs, jobs }: WorkStore): Promise<void> {
  const training = (await trainingJobs.inState('QUEUED', 'RUNNING', 'PAUSED')).find((job) => trains(job, dataset));
  if (training) {
    const { name } = readJobSettings(training.settings);
    const message = `The training ${training.id} (${name}) is ${training.state.toLowerCase()} and needs the data set ${dataset.name}. Wait for its end, or cancel it first.`;
    throw new EkphrasisError(ErrorCode.Conflict, message);
  }
  for (const job of await jobs.inState('QUEUED', 'RUNNING')) {
    if (!(await needs(job, dataset))) continue;
    const message = `The ${job.kind} job ${job.id} is ${job.state.toLowerCase()} and needs the data set ${dataset.name}. Wait for its end, or cancel it first.`;
    throw new EkphrasisError(ErrorCode.Conflict, message);
  }
}

/** A paused training on all photos goes on with those there are then. */
function trains({ settings, state }: TrainingJobRecord, { id }: DatasetRecord): boolean {
  const { dataset } = readJobSettings(settings);
  return dataset === id || (dataset === undefined && state !== 'PAUSED');
}

async function needs({ kind, settings }: JobRecord, { id, origin }: DatasetRecord): Promise<boolean> {
  if (kind === 'evaluate') {
    const { dataset } = settingsSchemas.evaluate.parse(settings);
    return dataset === undefined || dataset === id;
  }
  if (kind !== 'import') return false;
  const { path } = settingsSchemas.import.parse(settings);
  return path === origin || (await realpath(path).catch(() => path)) === origin;
}
