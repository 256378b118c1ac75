/** Everything that is remembered: one object with a repository for each kind of record. */
import { join } from 'node:path';
import { ApiKeyRepository } from './api-keys.js';
import { FreeSpace } from '../files/free-space.js';
import { CaptionSearch } from './caption-search.js';
import { CaptionRepository } from './captions.js';
import { checkChannel, type Database, type ExecuteSql } from './database.js';
import { DatasetPhotoRepository } from './dataset-photos.js';
import { DatasetRepository } from './datasets.js';
import { EditedPhotoRepository } from './edited-photos.js';
import { openEmbedded } from './embedded.js';
import { EmbeddingRepository } from './embeddings.js';
import { EvaluationRepository } from './evaluations.js';
import { readCollection } from './export-collection.js';
import { ExternalIdRepository } from './external-ids.js';
import { FeatureRepository } from './features.js';
import { FileMetadataRepository } from './file-metadata.js';
import { foldCaptions } from './fold-captions.js';
import { IdempotentAnswerRepository } from './idempotent-answers.js';
import { ImageRepository } from './images.js';
import { JobRepository } from './jobs.js';
import { LibraryRepository } from './libraries.js';
import { LibraryFileRepository } from './library-files.js';
import type { Locks } from './locks.js';
import { applyMigrations, readMigrations } from './migrations.js';
import { ModelRepository } from './models.js';
import { type OwnerOfId, ownersOfIds } from './owners-of-ids.js';
import { PeopleCaptionRepository } from './people-captions.js';
import { OwedCaptionRepository } from './owed-captions.js';
import { openPostgres } from './postgres.js';
import { RatingRepository } from './ratings.js';
import { TrainingFileRepository } from './training-files.js';
import { TrainingJobRepository } from './training-jobs.js';
import { TrashRepository } from './trash.js';
import { WebhookDeliveryRepository } from './webhook-deliveries.js';
import { WebhookRepository } from './webhooks.js';
import { WorkerRepository } from './workers.js';

export interface Store {
  readonly apiKeys: ApiKeyRepository;
  readonly idempotentAnswers: IdempotentAnswerRepository;
  readonly images: ImageRepository;
  readonly externalIds: ExternalIdRepository;
  readonly datasets: DatasetRepository;
  readonly datasetPhotos: DatasetPhotoRepository;
  readonly libraries: LibraryRepository;
  readonly libraryFiles: LibraryFileRepository;
  readonly editedPhotos: EditedPhotoRepository;
  readonly captions: CaptionRepository;
  readonly owedCaptions: OwedCaptionRepository;
  readonly peopleCaptions: PeopleCaptionRepository;
  readonly fileMetadata: FileMetadataRepository;
  readonly ratings: RatingRepository;
  readonly captionSearch: CaptionSearch;
  readonly features: FeatureRepository;
  readonly embeddings: EmbeddingRepository;
  readonly models: ModelRepository;
  readonly trainingJobs: TrainingJobRepository;
  readonly trainingFiles: TrainingFileRepository;
  readonly jobs: JobRepository;
  readonly evaluations: EvaluationRepository;
  readonly webhooks: WebhookRepository;
  readonly webhookDeliveries: WebhookDeliveryRepository;
  readonly workers: WorkerRepository;
  readonly trash: TrashRepository;
  /** Which records ids are of. */
  readonly ownersOfIds: (ids: readonly string[]) => Promise<Map<string, OwnerOfId>>;
  readonly locks: Locks;
  /** The disk of EKPHRASIS_DATA: how much room it has. */
  readonly space: FreeSpace;
  /** For pg-boss: SQL as it is. */
  readonly executeSql: ExecuteSql;
  /**
   * Hears what is said on a channel from now on, by any process that has this database open.
   *
   * @param channel lower-case letters, digits and underscores
   * @returns a function that stops listening
   */
  listen(channel: string, handler: (payload: string) => void): Promise<() => Promise<void>>;
  /**
   * Hands out the whole collection as it is at this moment, as `exportCollection` writes it to a file, beside all other
   * work.
   *
   * @param write is done when it has taken all pieces
   * @throws STORAGE_FAILED, and what `write` throws
   */
  readCollection(write: (pieces: AsyncIterable<string>) => Promise<void>): Promise<void>;
  /** @param payload under 8,000 bytes */
  notify(channel: string, payload: string): Promise<void>;
  close(): Promise<void>;
}

export interface StoreConfig {
  /** EKPHRASIS_DATA: the embedded database lies in its folder `database`. */
  readonly dataDirectory: string;
  /** DATABASE_URL: a Postgres with pgvector, instead of the embedded database. */
  readonly databaseUrl?: string | undefined;
  /** Bytes of the disk that stay free, see `FreeSpace`. */
  readonly diskReserve?: number | undefined;
  /** Told when the embedded database ended unexpectedly, and while it cannot be started again. Default: nobody. */
  readonly onTrouble?: (error: unknown) => void;
}

/**
 * Opens the database and brings it up to date.
 *
 * @throws EkphrasisError DATABASE_LOCKED when another process has the embedded database open; DATABASE_UNAVAILABLE when
 *   it does not answer, cannot be opened or was written by a newer program; INVALID_CONFIGURATION when our role lacks a
 *   right; STORAGE_FAILED when the folder cannot be written
 */
export async function openStore(config: StoreConfig): Promise<Store> {
  return createStore(await openDatabase(config));
}

/** Where the embedded database of EKPHRASIS_DATA lies. */
export function embeddedFolder(dataDirectory: string): string {
  return join(dataDirectory, 'database');
}

/** The database as it is, for what works on all of it; it may lack tables. @throws as `openStore` does */
export function openDatabase({ dataDirectory, databaseUrl, diskReserve, onTrouble }: StoreConfig): Promise<Database> {
  const space = new FreeSpace(dataDirectory, diskReserve);
  return databaseUrl === undefined
    ? openEmbedded(embeddedFolder(dataDirectory), space, onTrouble)
    : openPostgres(databaseUrl, space);
}

/** The store of an open database, brought up to date. On failure the database is closed. */
export async function createStore(database: Database): Promise<Store> {
  try {
    await applyMigrations(database, await readMigrations());
    await foldCaptions(database.executeSql);
  } catch (error) {
    await database.close();
    throw error;
  }
  const { prisma, executeSql, upkeepSql, space, locks } = database;
  return {
    apiKeys: new ApiKeyRepository(prisma),
    idempotentAnswers: new IdempotentAnswerRepository(prisma),
    images: new ImageRepository(prisma),
    externalIds: new ExternalIdRepository(prisma),
    datasets: new DatasetRepository(prisma),
    datasetPhotos: new DatasetPhotoRepository(prisma),
    libraries: new LibraryRepository(prisma),
    libraryFiles: new LibraryFileRepository(prisma),
    editedPhotos: new EditedPhotoRepository(prisma),
    captions: new CaptionRepository(prisma),
    owedCaptions: new OwedCaptionRepository(prisma),
    peopleCaptions: new PeopleCaptionRepository(prisma),
    fileMetadata: new FileMetadataRepository(prisma),
    ratings: new RatingRepository(prisma),
    captionSearch: new CaptionSearch(prisma),
    features: new FeatureRepository(prisma, executeSql),
    embeddings: new EmbeddingRepository(prisma, executeSql),
    models: new ModelRepository(prisma, executeSql),
    trainingJobs: new TrainingJobRepository(prisma),
    trainingFiles: new TrainingFileRepository(prisma),
    jobs: new JobRepository(prisma),
    evaluations: new EvaluationRepository(prisma),
    webhooks: new WebhookRepository(prisma),
    webhookDeliveries: new WebhookDeliveryRepository(prisma),
    workers: new WorkerRepository(upkeepSql),
    trash: new TrashRepository(prisma, executeSql),
    ownersOfIds: (ids) => ownersOfIds(prisma, ids),
    locks,
    space,
    executeSql: upkeepSql,
    listen: (channel, handler) => database.listen(channel, handler),
    async readCollection(write) {
      const snapshot = await database.snapshot();
      try {
        await readCollection(snapshot, write);
      } finally {
        await snapshot.close();
      }
    },
    async notify(channel, payload) {
      await upkeepSql('SELECT pg_notify($1, $2)', [checkChannel(channel), payload]);
    },
    close: () => database.close(),
  };
}
