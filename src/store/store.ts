/** Everything that is remembered: one object with a repository for each kind of record. */
import { join } from 'node:path';
import { CaptionSearch } from './caption-search.js';
import { CaptionRepository } from './captions.js';
import { checkChannel, type Database, type ExecuteSql } from './database.js';
import { DatasetPhotoRepository } from './dataset-photos.js';
import { DatasetRepository } from './datasets.js';
import { openEmbedded } from './embedded.js';
import { EmbeddingRepository } from './embeddings.js';
import { EvaluationRepository } from './evaluations.js';
import { FeatureRepository } from './features.js';
import { foldCaptions } from './fold-captions.js';
import { ImageRepository } from './images.js';
import { JobRepository } from './jobs.js';
import type { Locks } from './locks.js';
import { applyMigrations, readMigrations } from './migrations.js';
import { ModelRepository } from './models.js';
import { PeopleCaptionRepository } from './people-captions.js';
import { openPostgres } from './postgres.js';
import { RatingRepository } from './ratings.js';
import { TrainingFileRepository } from './training-files.js';
import { TrainingJobRepository } from './training-jobs.js';

export interface Store {
  readonly images: ImageRepository;
  readonly datasets: DatasetRepository;
  readonly datasetPhotos: DatasetPhotoRepository;
  readonly captions: CaptionRepository;
  readonly peopleCaptions: PeopleCaptionRepository;
  readonly ratings: RatingRepository;
  readonly captionSearch: CaptionSearch;
  readonly features: FeatureRepository;
  readonly embeddings: EmbeddingRepository;
  readonly models: ModelRepository;
  readonly trainingJobs: TrainingJobRepository;
  readonly trainingFiles: TrainingFileRepository;
  readonly jobs: JobRepository;
  readonly evaluations: EvaluationRepository;
  readonly locks: Locks;
  /** For pg-boss: SQL as it is. */
  readonly executeSql: ExecuteSql;
  /**
   * Hears what is said on a channel from now on, by any process that has this database open.
   *
   * @param channel lower-case letters, digits and underscores
   * @returns a function that stops listening
   */
  listen(channel: string, handler: (payload: string) => void): Promise<() => Promise<void>>;
  /** @param payload under 8,000 bytes */
  notify(channel: string, payload: string): Promise<void>;
  close(): Promise<void>;
}

export interface StoreConfig {
  /** EKPHRASIS_DATA: the embedded database lies in its folder `database`. */
  readonly dataDirectory: string;
  /** DATABASE_URL: a Postgres with pgvector, instead of the embedded database. */
  readonly databaseUrl?: string | undefined;
}

/**
 * Opens the database and brings it up to date.
 *
 * @throws EkphrasisError DATABASE_LOCKED when another process has the embedded database open; DATABASE_UNAVAILABLE when it
 *   does not answer, cannot be opened or was written by a newer program; STORAGE_FAILED when the folder cannot be written
 */
export async function openStore(config: StoreConfig): Promise<Store> {
  return createStore(await openDatabase(config));
}

/** The database as it is, for what works on all of it; it may lack tables. @throws as `openStore` does */
export function openDatabase({ dataDirectory, databaseUrl }: StoreConfig): Promise<Database> {
  return databaseUrl === undefined ? openEmbedded(join(dataDirectory, 'database')) : openPostgres(databaseUrl);
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
  const { prisma, executeSql, locks } = database;
  return {
    images: new ImageRepository(prisma),
    datasets: new DatasetRepository(prisma),
    datasetPhotos: new DatasetPhotoRepository(prisma),
    captions: new CaptionRepository(prisma),
    peopleCaptions: new PeopleCaptionRepository(prisma),
    ratings: new RatingRepository(prisma),
    captionSearch: new CaptionSearch(prisma),
    features: new FeatureRepository(prisma, executeSql),
    embeddings: new EmbeddingRepository(prisma, executeSql),
    models: new ModelRepository(prisma, executeSql),
    trainingJobs: new TrainingJobRepository(prisma),
    trainingFiles: new TrainingFileRepository(prisma),
    jobs: new JobRepository(prisma),
    evaluations: new EvaluationRepository(prisma),
    locks,
    executeSql,
    listen: (channel, handler) => database.listen(channel, handler),
    async notify(channel, payload) {
      await executeSql('SELECT pg_notify($1, $2)', [checkChannel(channel), payload]);
    },
    close: () => database.close(),
  };
}
