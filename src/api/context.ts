/** What a resolver is given besides its arguments. One is made for every operation. */
import DataLoader from 'dataloader';
import type { Client } from '../access/client.js';
import type { DatasetId, ImageId, LibraryId, ModelId } from '../ids.js';
import type { GeneratedCaptionRecord, ReferenceCaptionRecord } from '../store/captions.js';
import type { DatasetFigures, DatasetRecord } from '../store/datasets.js';
import type { FileMetadataRecord } from '../store/file-metadata.js';
import type { ImageRecord } from '../store/images.js';
import type { LibraryFigures, LibraryRecord } from '../store/libraries.js';
import type { OwnerOfId } from '../store/owners-of-ids.js';
import type { PhotoFile } from '../store/library-files.js';
import type { RatingSummary } from '../store/ratings.js';
import type { ModelRecord } from '../store/models.js';
import { Allowances } from './server/allowances.js';
import { UploadReader } from './server/uploads.js';
import type { Services } from './services.js';

/** Gathers what the fields of many objects ask for into one query each. */
export interface Loaders {
  /** Which records ids are of. */
  readonly owners: DataLoader<string, OwnerOfId | undefined>;
  readonly images: DataLoader<ImageId, ImageRecord | undefined>;
  /** Photos of the dev split by their names. */
  readonly devImages: DataLoader<string, ImageRecord | undefined>;
  /** Those that a photo belongs to, oldest first. */
  readonly datasetsOf: DataLoader<ImageId, DatasetRecord[]>;
  readonly datasets: DataLoader<DatasetId, DatasetRecord | undefined>;
  readonly datasetFigures: DataLoader<DatasetId, DatasetFigures>;
  readonly libraries: DataLoader<LibraryId, LibraryRecord | undefined>;
  readonly libraryFigures: DataLoader<LibraryId, LibraryFigures>;
  /** Where a photo lies. */
  readonly filesOf: DataLoader<ImageId, PhotoFile[]>;
  /** Whether a photo's bytes are nowhere at the moment. */
  readonly missing: DataLoader<ImageId, boolean>;
  readonly references: DataLoader<ImageId, ReferenceCaptionRecord[]>;
  /** What photos' files say. */
  readonly metadata: DataLoader<ImageId, FileMetadataRecord | undefined>;
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
  readonly uploads: UploadReader;
  /** What clients may ask for in a minute. */
  readonly allowances: Allowances;
  /** Evaluations that run now, by model and split. */
  readonly evaluations: Set<string>;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

export interface ApiContext extends Workplace {
  /** Who asks, and what it may do. */
  readonly client: Client;
  readonly loaders: Loaders;
}

export function createWorkplace(services: Services, closing: AbortSignal): Workplace {
  const { maximumBytes, perMinute } = services.config.limits;
  return {
    services,
    uploads: new UploadReader(maximumBytes),
    allowances: new Allowances(perMinute),
    evaluations: new Set(),
    closing,
  };
}

export function createContext(workplace: Workplace, client: Client): ApiContext {
  return { ...workplace, client, loaders: createLoaders(workplace.services) };
}

function createLoaders({ store }: Services): Loaders {
  let currentModel: Promise<ModelRecord | undefined> | undefined;
  return {
    owners: new DataLoader(async (ids) => {
      const owners = await store.ownersOfIds(ids);
      return ids.map((id) => owners.get(id));
    }),
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
    libraries: new DataLoader((ids) => Promise.all(ids.map((id) => store.libraries.find(id)))),
    libraryFigures: new DataLoader(async (ids) => {
      const figures = await store.libraries.figures(ids);
      return ids.map((id) => figures.get(id) ?? new Error(`there is no library ${id}`));
    }),
    filesOf: new DataLoader(async (ids) => {
      const files = await store.libraryFiles.ofImages(ids);
      return ids.map((id) => files.get(id) ?? []);
    }),
    missing: new DataLoader(async (ids) => {
      const missing = await store.libraryFiles.missingAmong(ids);
      return ids.map((id) => missing.has(id));
    }),
    references: new DataLoader(async (ids) => {
      const captions = await store.captions.referencesOf(ids);
      return ids.map((id) => captions.get(id) ?? []);
    }),
    metadata: new DataLoader(async (ids) => {
      const known = await store.fileMetadata.findMany(ids);
      return ids.map((id) => known.get(id));
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
