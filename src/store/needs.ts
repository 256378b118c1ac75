/**
 * What work reads, which is not deleted meanwhile.
 *
 * Jobs and trainings say in their rows what they need; whatever else reads for minutes (an evaluation or an import on
 * the command line, an ensemble, the comparison of a candidate) holds locks by name for as long, which end with its
 * process. Whoever begins something shares the lock `BEGINNING` for that moment, whoever deletes holds it alone from
 * the question to the last row: so nothing begins in between.
 */
import { found } from '../errors.js';
import type { DatasetId, LibraryId, ModelId } from '../ids.js';
import { under } from './locks.js';
import type { Store } from './store.js';

/** What some work reads: it is not deleted meanwhile. */
export interface Needs {
  readonly models?: readonly (ModelId | undefined)[];
  /** The photos with captions of a data set, of all without one, or uploads where it is null. Default: none. */
  readonly photos?: { readonly of: DatasetId | null | undefined };
  /** A library that is scanned. */
  readonly library?: LibraryId;
}

export type NeedsStore = Pick<Store, 'locks' | 'datasets' | 'models'>;

export const BEGINNING = 'beginning';
export const PHOTOS_OF_ALL = 'photos';
export const lockOfModel = (id: ModelId) => `model ${id}`;
/** Of readers of a data set's photos, or of uploads. */
export const lockOfPhotos = (dataset: DatasetId | null) => `photos ${dataset ?? 'uploaded'}`;
/** Of a scan of it. */
export const lockOfLibrary = (id: LibraryId) => `library ${id}`;
export const lockOfImport = (dataset: DatasetId) => `import ${dataset}`;

/**
 * Begins work that its row will stand for from then on.
 *
 * @throws NOT_FOUND where what it needs was deleted meanwhile
 */
export function beginWith<T>(needs: Needs, store: NeedsStore, begin: () => Promise<T>): Promise<T> {
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
export async function whileNeeding<T>(needs: Needs, store: NeedsStore, action: () => Promise<T>): Promise<T> {
  const { models = [], photos } = needs;
  const ofPhotos = photos && (photos.of === undefined ? PHOTOS_OF_ALL : lockOfPhotos(photos.of));
  const names = [
    ...models.flatMap((id) => (id === undefined ? [] : lockOfModel(id))),
    ...(ofPhotos === undefined ? [] : [ofPhotos]),
  ];
  return under(
    beginWith(needs, store, () => store.locks.share(names)),
    action,
  );
}

async function checkThere(
  { models = [], photos }: Needs,
  store: Pick<NeedsStore, 'datasets' | 'models'>,
): Promise<void> {
  for (const id of models) {
    if (id !== undefined) found(await store.models.find(id), `model ${id}`);
  }
  const dataset = photos?.of;
  if (dataset != null) found(await store.datasets.find(dataset), `data set ${dataset}`);
}
