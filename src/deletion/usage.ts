/**
 * What is still needed of photos, data sets and models, so that nothing is deleted under work that reads it: see
 * store/needs.ts.
 */
import { realpath } from 'node:fs/promises';
import type { ImportGuard } from '../collection/context.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, ImageId } from '../ids.js';
import type { DatasetRecord } from '../store/datasets.js';
import type { JobRecord, JobState } from '../store/jobs.js';
import type { LibraryRecord } from '../store/libraries.js';
import { under } from '../store/locks.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import type { TrainingJobRecord, TrainingState } from '../store/training-jobs.js';
import { jobKind, needsOfJob } from '../jobs/kinds/all.js';
import { needsOfTraining, readJobSettings } from '../trainings/settings.js';
import {
  BEGINNING,
  lockOfImport,
  lockOfLibrary,
  lockOfModel,
  lockOfPhotos,
  type Needs,
  PHOTOS_OF_ALL,
} from '../store/needs.js';

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

/**
 * Deletes a model, once it is certain that nothing needs it.
 *
 * @throws CONFLICT that names what needs it
 */
export function whileModelUnused<T>(model: ModelRecord, store: UsageStore, action: () => Promise<T>): Promise<T> {
  const needs = ({ models = [], training }: OpenWork) =>
    models.includes(model.id) || (training !== undefined && training === model.trainingJobId);
  return alone(`The model "${model.name}"`, store, action, () => ({ needs, locks: [lockOfModel(model.id)] }));
}

/** The same for a data set. A paused training on all photos goes on with those there are then. @throws CONFLICT */
export function whileDatasetUnused<T>(
  { id, name, origin }: DatasetRecord,
  store: UsageStore,
  action: () => Promise<T>,
): Promise<T> {
  const needs = ({ photos, state, imports = [] }: OpenWork) =>
    imports.includes(origin) ||
    (photos !== undefined && (photos.of === id || (photos.of === undefined && state !== 'PAUSED')));
  return alone(`The data set ${name}`, store, action, () => ({
    needs,
    locks: [PHOTOS_OF_ALL, lockOfPhotos(id), lockOfImport(id)],
  }));
}

/** The same for a library, which a scan needs. @throws CONFLICT */
export function whileLibraryUnused<T>(
  { id, name }: LibraryRecord,
  store: UsageStore,
  action: () => Promise<T>,
): Promise<T> {
  const needs = ({ library }: OpenWork) => library === id;
  return alone(`The library ${name}`, store, action, () => ({ needs, locks: [lockOfLibrary(id)] }));
}

/**
 * Deletes photos, once nothing reads or imports them at this moment: what waits goes on with those there are then.
 *
 * @throws CONFLICT
 */
export function whileImagesUnused<T>(ids: readonly ImageId[], store: UsageStore, action: () => Promise<T>): Promise<T> {
  return alone(ids.length === 1 ? 'The photo' : 'The photos', store, action, async () => {
    const [datasets, captions] = await Promise.all([store.datasets.ofImages(ids), store.captions.referencesOf(ids)]);
    // Nothing learns from photos without captions, and nothing is measured on them.
    const readOf = new Set(
      [...captions.keys()].flatMap(
        (id): (DatasetId | null)[] => datasets.get(id)?.map((dataset) => dataset.id) ?? [null],
      ),
    );
    const all = [...new Map([...datasets.values()].flat().map((dataset) => [dataset.id, dataset])).values()];
    const needs = ({ photos, state, imports = [] }: OpenWork) =>
      state === 'RUNNING' &&
      ((photos !== undefined && (photos.of === undefined ? readOf.size > 0 : readOf.has(photos.of))) ||
        all.some(({ origin }) => imports.includes(origin)));
    const locks = [
      ...(readOf.size > 0 ? [PHOTOS_OF_ALL] : []),
      ...[...readOf].map(lockOfPhotos),
      ...all.map(({ id }) => lockOfImport(id)),
    ];
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
      const needs = ({ photos, state }: OpenWork) =>
        state === 'RUNNING' && photos !== undefined && (photos.of === id || photos.of === undefined);
      return alone(`Photos of the data set ${name}`, store, action, () => ({
        needs,
        locks: [PHOTOS_OF_ALL, lockOfPhotos(id)],
      }));
    },
  };
}

interface Users {
  readonly needs: (work: OpenWork) => boolean;
  /** Held by what has no row. */
  readonly locks: readonly string[];
}

/** @param users who is in the way, asked when nothing can begin any more */
function alone<T>(
  subject: string,
  store: UsageStore,
  action: () => Promise<T>,
  users: () => Users | Promise<Users>,
): Promise<T> {
  return under(store.locks.alone(BEGINNING), async () => {
    const { needs, locks } = await users();
    const inTheWay = (await openWork(store)).find((work) => needs(work));
    const conflict = (what: string) =>
      new EkphrasisError(
        ErrorCode.Conflict,
        `${subject} cannot be deleted while ${what}. Wait for its end, or cancel it first.`,
      );
    if (inTheWay) throw conflict(`${inTheWay.name} is ${inTheWay.state.toLowerCase()}`);
    const [held] = await store.locks.held(locks);
    if (held !== undefined)
      throw conflict(
        held.startsWith('import ')
          ? 'an import runs on a command line'
          : held.startsWith('library ')
            ? 'a scan of it runs on a command line'
            : 'an evaluation or a comparison of models runs',
      );
    return action();
  });
}

/** All that waits, runs or is paused. */
async function openWork({ jobs, trainingJobs }: Pick<UsageStore, 'jobs' | 'trainingJobs'>): Promise<OpenWork[]> {
  const [trainings, others] = await Promise.all([
    trainingJobs.inState('QUEUED', 'RUNNING', 'PAUSED'),
    jobs.inState('QUEUED', 'RUNNING'),
  ]);
  return [...trainings.map(ofTraining), ...(await Promise.all(others.map(ofJob)))];
}

function ofTraining({ id, state, settings }: TrainingJobRecord): OpenWork {
  return {
    ...needsOfTraining(settings),
    name: `the training ${id} (${readJobSettings(settings).name})`,
    state,
    training: id,
  };
}

async function ofJob(job: JobRecord): Promise<OpenWork> {
  const kind = jobKind(job.kind);
  const work = { ...needsOfJob(job), name: `the ${kind.kind} job ${job.id}`, state: job.state };
  const source = kind.imports?.(kind.settings.parse(job.settings));
  return source === undefined ? work : { ...work, imports: [source, await realpath(source).catch(() => source)] };
}
