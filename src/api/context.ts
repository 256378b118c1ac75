/** What a resolver is given besides its arguments. One is made for every operation. */
import DataLoader from 'dataloader';
import pLimit, { type LimitFunction } from 'p-limit';
import type { DatasetId, ImageId, ModelId } from '../ids.js';
import type { GeneratedCaptionRecord, ReferenceCaptionRecord } from '../store/captions.js';
import type { DatasetFigures, DatasetRecord } from '../store/datasets.js';
import type { ImageRecord } from '../store/images.js';
import type { RatingSummary } from '../store/ratings.js';
import type { ModelRecord } from '../store/models.js';
import type { Services } from './services.js';

/** Gathers what the fields of many objects ask for into one query each. */
export interface Loaders {
  readonly images: DataLoader<ImageId, ImageRecord | undefined>;
  /** Photos of the dev split by their names. */
  readonly devImages: DataLoader<string, ImageRecord | undefined>;
  /** Those that a photo belongs to, oldest first. */
  readonly datasetsOf: DataLoader<ImageId, DatasetRecord[]>;
  readonly datasets: DataLoader<DatasetId, DatasetRecord | undefined>;
  readonly datasetFigures: DataLoader<DatasetId, DatasetFigures>;
  readonly references: DataLoader<ImageId, ReferenceCaptionRecord[]>;
  readonly generated: DataLoader<ImageId, GeneratedCaptionRecord[]>;
  /** Of all sentences of an image that were rated. */
  readonly ratings: DataLoader<ImageId, RatingSummary[]>;
  readonly models: DataLoader<ModelId, ModelRecord | undefined>;
  /** The current model of captions. */
  readonly currentModel: () => Promise<ModelRecord | undefined>;
}

/** Shared by all operations of a server. */
export interface Workplace {
  readonly services: Services;
  /** Photos are read into memory a few at a time; the others wait on the disk. */
  readonly uploads: LimitFunction;
  /** Evaluations that run now, by model and split. */
  readonly evaluations: Set<string>;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

export interface ApiContext extends Workplace {
  readonly loaders: Loaders;
}

/** Photos in memory at once: each may have MAX_UPLOAD_BYTES, and its pixels more. */
const UPLOADS_AT_ONCE = 4;

export function createWorkplace(services: Services, closing: AbortSignal): Workplace {
  return { services, uploads: pLimit(UPLOADS_AT_ONCE), evaluations: new Set(), closing };
}

export function createContext(workplace: Workplace): ApiContext {
  return { ...workplace, loaders: createLoaders(workplace.services) };
}

function createLoaders({ store }: Services): Loaders {
  let currentModel: Promise<ModelRecord | undefined> | undefined;
  return {
    images: new DataLoader(async (ids) => {
      const byId = new Map((await store.images.findMany(ids)).map((record) => [record.id, record]));
      return ids.map((id) => byId.get(id));
    }),
    devImages: new DataLoader(async (names) => {
      const byName = await store.images.findByName(names, 'dev');
      return names.map((name) => byName.get(name));
    }),
    datasetsOf: new DataLoader(async (ids) => {
      const found = await store.datasets.ofImages(ids);
      return ids.map((id) => found.get(id) ?? []);
    }),
    datasets: new DataLoader((ids) => Promise.all(ids.map((id) => store.datasets.find(id)))),
    datasetFigures: new DataLoader(async (ids) => {
      const figures = await store.datasets.figures(ids);
      return ids.map((id) => figures.get(id) ?? new Error(`there is no data set ${id}`));
    }),
    references: new DataLoader(async (ids) => {
      const captions = await store.captions.referencesOf(ids);
      return ids.map((id) => captions.get(id) ?? []);
    }),
    generated: new DataLoader(async (ids) => {
      const captions = await store.captions.generatedOf(ids);
      return ids.map((id) => captions.get(id) ?? []);
    }),
    ratings: new DataLoader(async (ids) => {
      const ratings = await store.ratings.ofImages(ids);
      return ids.map((id) => ratings.get(id) ?? []);
    }),
    models: new DataLoader((ids) => Promise.all(ids.map((id) => store.models.find(id)))),
    currentModel: () => (currentModel ??= store.models.current()),
  };
}
