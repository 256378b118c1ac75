/**
 * What is still needed of photos, data sets and models, so that nothing is deleted under work that reads it.
 *
 * Jobs and trainings say in their rows what they need; whatever else reads for minutes (an evaluation or an import on the command
 * line, an ensemble, the comparison of a candidate) holds locks by name for as long, which end with its process. Whoever begins
 * something shares the lock `BEGINNING` for that moment, whoever deletes holds it alone from the question to the last row: so nothing
 * begins in between.
 */
import { realpath } from 'node:fs/promises';
import type { ImportGuard } from '../collection/context.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, ImageId, ModelId } from '../ids.js';
import type { DatasetRecord } from '../store/datasets.js';
import type { JobRecord, JobState } from '../store/jobs.js';
import { under } from '../store/locks.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import type { TrainingJobRecord, TrainingState } from '../store/training-jobs.js';
import type { Needs } from './kind.js';
import { jobKind } from './kinds/all.js';
import { readJobSettings } from './settings.js';

export type UsageStore = Pick<Store, 'locks' | 'jobs' | 'trainingJobs' | 'datasets' | 'models' | 'captions'>;

interface OpenWork extends Needs {
  /** Such as "the training ID (NAME)". */
  readonly name: string;
  readonly state: JobState | TrainingState;
  /** The folder it writes photos of, as it was named and as it is found. */
  readonly imports?: readonly string[];
  /** Its id where it is a training, which makes a model. */
  readonly training?: TrainingJobRecord['id'];
}

const BEGINNING = 'beginning';
const PHOTOS_OF_ALL = 'photos';
const lockOfModel = (id: ModelId) => `model ${id}`;
/** Of readers of a data set's photos, or of uploads. */
const lockOfPhotos = (dataset: DatasetId | null) => `photos ${dataset ?? 'uploaded'}`;
const lockOfImport = (dataset: DatasetId) => `import ${dataset}`;

/**
 * Begins work that its row will stand for from then on.
 *
 * @throws NOT_FOUND where what it needs was deleted meanwhile
 */
export function beginWith<T>(needs: Needs, store: Pick<UsageStore, 'locks' | 'datasets' | 'models'>, begin: () => Promise<T>): Promise<T> {
  return under(store.locks.share([BEGINNING]), async () => {
    await checkThere(needs, store);
    return begin();
  });
}

/**
 * Does work that no row stands for; what it needs stays as long.
 *
 * @throws NOT_FOUND where what it needs was deleted meanwhile
 */
export async function whileNeeding<T>(needs: Needs, store: Pick<UsageStore, 'locks' | 'datasets' | 'models'>, action: () => Promise<T>): Promise<T> {
  const { models = [], photos } = needs;
  const ofPhotos = photos && (photos.of === undefined ? PHOTOS_OF_ALL : lockOfPhotos(photos.of));
  const names = [...models.flatMap((id) => (id === undefined ? [] : lockOfModel(id))), ...(ofPhotos === undefined ? [] : [ofPhotos])];
  return under(beginWith(needs, store, () => store.locks.share(names)), action);
}

/**
 * Deletes a model, once it is certain that nothing needs it.
 *
 * @throws CONFLICT that names what needs it
 */
export function whileModelUnused<T>(model: ModelRecord, store: UsageStore, action: () => Promise<T>): Promise<T> {
  const needs = ({ models = [], training }: OpenWork) => models.includes(model.id) || (training !== undefined && training === model.trainingJobId);
  return alone(`The model "${model.name}"`, store, action, () => ({ needs, locks: [lockOfModel(model.id)] }));
}

/** The same for a data set. A paused training on all photos goes on with those there are then. @throws CONFLICT */
export function whileDatasetUnused<T>({ id, name, origin }: DatasetRecord, store: UsageStore, action: () => Promise<T>): Promise<T> {
  const needs = ({ photos, state, imports = [] }: OpenWork) =>
    imports.includes(origin) || (photos !== undefined && (photos.of === id || (photos.of === undefined && state !== 'PAUSED')));
  return alone(`The data set ${name}`, store, action, () => ({ needs, locks: [PHOTOS_OF_ALL, lockOfPhotos(id), lockOfImport(id)] }));
}

/** Deletes photos, once nothing reads or imports them at this moment: what waits goes on with those there are then. @throws CONFLICT */
export function whileImagesUnused<T>(ids: readonly ImageId[], store: UsageStore, action: () => Promise<T>): Promise<T> {
  return alone(ids.length === 1 ? 'The photo' : 'The photos', store, action, async () => {
    const [datasets, captions] = await Promise.all([store.datasets.ofImages(ids), store.captions.referencesOf(ids)]);
    // Nothing learns from photos without captions, and nothing is measured on them.
    const readOf = new Set([...captions.keys()].flatMap((id): (DatasetId | null)[] => datasets.get(id)?.map((dataset) => dataset.id) ?? [null]));
    const all = [...new Map([...datasets.values()].flat().map((dataset) => [dataset.id, dataset])).values()];
    const needs = ({ photos, state, imports = [] }: OpenWork) =>
      state === 'RUNNING' &&
      ((photos !== undefined && (photos.of === undefined ? readOf.size > 0 : readOf.has(photos.of))) || all.some(({ origin }) => imports.includes(origin)));
    const locks = [...(readOf.size > 0 ? [PHOTOS_OF_ALL] : []), ...[...readOf].map(lockOfPhotos), ...all.map(({ id }) => lockOfImport(id))];
    return { needs, locks };
  });
}

/** What imports are given to agree with whoever deletes photos. */
export function importGuard(store: UsageStore): ImportGuard {
  const { locks } = store;
  return {
    async importing(open, action) {
      const { dataset, release } = await under(locks.share([BEGINNING]), async () => {
        const opened = await open();
        return { dataset: opened, release: await locks.share([lockOfImport(opened.id)]) };
      });
      return under(Promise.resolve(release), () => action(dataset));
    },
    writing: (action) => under(locks.share([BEGINNING]), action),
    unread({ id, name }, action) {
      const needs = ({ photos, state }: OpenWork) => state === 'RUNNING' && photos !== undefined && (photos.of === id || photos.of === undefined);
      return alone(`Photos of the data set ${name}`, store, action, () => ({ needs, locks: [PHOTOS_OF_ALL, lockOfPhotos(id)] }));
    },
  };
}

interface Users {
  readonly needs: (work: OpenWork) => boolean;
  /** Held by what has no row. */
  readonly locks: readonly string[];
}

/** @param users who is in the way, asked when nothing can begin any more */
function alone<T>(subject: string, store: UsageStore, action: () => Promise<T>, users: () => Users | Promise<Users>): Promise<T> {
  return under(store.locks.alone(BEGINNING), async () => {
    const { needs, locks } = await users();
    const inTheWay = (await openWork(store)).find((work) => needs(work));
    const conflict = (what: string) => new EkphrasisError(ErrorCode.Conflict, `${subject} cannot be deleted while ${what}. Wait for its end, or cancel it first.`);
    if (inTheWay) throw conflict(`${inTheWay.name} is ${inTheWay.state.toLowerCase()}`);
    const [held] = await store.locks.held(locks);
    if (held !== undefined) throw conflict(held.startsWith('import ') ? 'an import runs on a command line' : 'an evaluation or a comparison of models runs');
    return action();
  });
}

/** All that waits, runs or is paused. */
async function openWork({ jobs, trainingJobs }: Pick<UsageStore, 'jobs' | 'trainingJobs'>): Promise<OpenWork[]> {
  const [trainings, others] = await Promise.all([trainingJobs.inState('QUEUED', 'RUNNING', 'PAUSED'), jobs.inState('QUEUED', 'RUNNING')]);
  return [...trainings.map(ofTraining), ...(await Promise.all(others.map(ofJob)))];
}

function ofTraining({ id, state, settings }: TrainingJobRecord): OpenWork {
  return { ...needsOfTraining(settings), name: `the training ${id} (${readJobSettings(settings).name})`, state, training: id };
}

async function ofJob(job: JobRecord): Promise<OpenWork> {
  const kind = jobKind(job.kind);
  const work = { ...needsOfJob(job), name: `the ${kind.kind} job ${job.id}`, state: job.state };
  const source = kind.imports?.(kind.settings.parse(job.settings));
  return source === undefined ? work : { ...work, imports: [source, await realpath(source).catch(() => source)] };
}

/** @param settings of its row */
export function needsOfTraining(settings: unknown): Needs {
  const { fromModelId, dataset } = readJobSettings(settings);
  return { models: [fromModelId], photos: { of: dataset } };
}

export function needsOfJob({ kind: name, settings }: Pick<JobRecord, 'kind' | 'settings'>): Needs {
  const kind = jobKind(name);
  return kind.needs(kind.settings.parse(settings));
}

async function checkThere({ models = [], photos }: Needs, store: Pick<UsageStore, 'datasets' | 'models'>): Promise<void> {
  for (const id of models) {
    if (id !== undefined && !(await store.models.find(id))) throw new EkphrasisError(ErrorCode.NotFound, `There is no model ${id}.`);
  }
  const dataset = photos?.of;
  if (dataset != null && !(await store.datasets.find(dataset))) throw new EkphrasisError(ErrorCode.NotFound, `There is no data set ${dataset}.`);
}
