/** The composition root: servers and commands are given an `Application`, whatever it is made of. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Authenticator } from './access/authenticator.js';
import { ApiKeys } from './access/keys.js';
import { publishServer } from './access/running-server.js';
import type { Caption } from './captioner/captioner.js';
import { AltTextViewCounter } from './collection/alt-text-views.js';
import { captionCandidates } from './collection/caption-candidates.js';
import { type CaptionedPhoto, captionPhoto, type StoredCaptionWish } from './collection/caption-photo.js';
import { currentModel } from './collection/choose-captioner.js';
import { captionStored } from './collection/caption-stored.js';
import type { OpenCollection, Photo } from './collection/context.js';
import { FETCHES_AT_ONCE, fetchPhoto } from './collection/fetch-photo.js';
import { photoLimitsOf } from './collection/read-photo.js';
import { Thumbnails, type ThumbnailWidth } from './collection/thumbnails.js';
import type { Config } from './config.js';
import { Deletions } from './deletion/deletions.js';
import { Trash } from './deletion/trash.js';
import { importGuard } from './deletion/usage.js';
import { sweepLeftovers } from './files/leftovers.js';
import type { ImageId, ModelId } from './ids.js';
import { type InferenceOptions, LazyInferenceClient } from './inference/lazy-client.js';
import { Jobs } from './jobs/jobs.js';
import { scanLibraryKind } from './jobs/kinds/scan-library.js';
import { Libraries } from './libraries/libraries.js';
import { takeLibraryFile } from './libraries/take-one.js';
import { LibraryWatch } from './libraries/watch-libraries.js';
import { CheckpointFiles } from './models/checkpoint-files.js';
import type { ModelFile } from './models/exported-model.js';
import { type ImportedModel, importModel } from './models/import-model.js';
import { readModel } from './models/read-model.js';
import { registerShippedModels, takeInCheckpoints, useModel } from './models/registry.js';
import { Measures, type Sources } from './monitoring/measures.js';
import { Readiness } from './monitoring/readiness.js';
import { type Collection, longWork, type Operations, operationsOf } from './operations.js';
import { PROGRAM_FOLDER } from './program-folder.js';
import { GuardedFetch } from './network/guarded-fetch.js';
import { JobQueue } from './queue/queue.js';
import { Workers } from './queue/workers.js';
import { QUEUE_NAMES, QUEUES } from './queues.js';
import type { GeneratedCaptionRecord } from './store/captions.js';
import type { ImageRecord } from './store/images.js';
import type { ModelRecord } from './store/models.js';
import { DerivedFiles } from './store/derived-files.js';
import { RegionCache } from './store/region-cache.js';
import { openStore, type Store } from './store/store.js';
import { ThumbnailCache } from './store/thumbnail-cache.js';
import { TRAINING_QUEUE, trainingQueue } from './trainings/queue.js';
import { trainingSources } from './trainings/sources.js';
import { TrainingJobs } from './trainings/training-jobs.js';
import { WEBHOOK_QUEUE } from './webhooks/queue.js';
import { Webhooks } from './webhooks/webhooks.js';

/** Messages to webhooks that one process sends at a time. */
const WEBHOOKS_AT_ONCE = 8;

/** Checkpoints that come with the program. */
const SHIPPED_MODELS = join(PROGRAM_FOLDER, 'models');

export interface ApplicationOptions extends InferenceOptions {
  readonly log: Logger;
  /** Opens the database. Default: the configured one. */
  readonly openStore?: () => Promise<Store>;
}

/** What a worker takes up. */
export interface WorkOptions {
  /** The names of queues. Default: all. */
  readonly kinds?: readonly string[] | undefined;
  /** Parts of a kind at a time. Default: 2, as one is read while another is computed. */
  readonly concurrency?: number | undefined;
}

export interface Application extends Operations {
  readonly config: Config;
  readonly log: Logger;
  readonly store: Store;
  readonly training: TrainingJobs;
  /** Jobs over the collection. */
  readonly jobs: Jobs;
  readonly libraries: Libraries;
  readonly webhooks: Webhooks;
  readonly deletions: Deletions;
  readonly trash: Trash;
  /** How often sites ask for photos' texts. */
  readonly altTextViews: AltTextViewCounter;
  readonly keys: ApiKeys;
  readonly authenticator: Authenticator;
  /** Whether what this process needs works. */
  readonly readiness: Readiness;
  /** Its metrics. */
  readonly measures: Measures;
  /** See `publishServer`. */
  publish(url: string): Promise<() => Promise<void>>;
  /** The processes that live, this one among them when it works or serves. */
  readonly workers: Workers;
  /** Takes up what waits in the queues, from now on until the application closes. */
  work(options?: WorkOptions): Promise<void>;
  /**
   * What sees and writes, with the collection around it. The first call fetches VGG16's weights where they are missing
   * and starts a process; a call after a failure tries again.
   *
   * @throws WEIGHTS_UNAVAILABLE, STORAGE_FAILED, INVALID_CONFIGURATION, PROCESS_FAILED
   */
  collection(): Promise<OpenCollection>;
  /** The model that captions. @throws NO_MODEL, ENCODER_MISMATCH, and what `collection` throws */
  currentModel(): Promise<ModelRecord>;
  /** See `useModel` of the jobs. @throws what `collection` throws, too */
  useModel(id: ModelId): Promise<ModelRecord>;
  /** A model with its file. See `readModel` of the models. */
  readModel(id: ModelId): Promise<ModelFile>;
  /** See `importModel` of the models. @throws what `collection` throws, too */
  importModel(given: ReadonlyMap<string, Uint8Array> | Uint8Array, name?: string): Promise<ImportedModel>;
  /** See `fetchPhoto` of the collection. */
  fetchPhoto(url: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** See `captionPhoto` of the collection. */
  captionPhoto(photo: Photo, wish?: StoredCaptionWish): Promise<CaptionedPhoto>;
  /** See `takeLibraryFile` of the libraries. */
  takeLibraryFile(path: string): Promise<ImageId | undefined>;
  /** A photo's small copy. See `Thumbnails` of the collection. */
  thumbnail(image: ImageRecord, width: ThumbnailWidth): Promise<Uint8Array | undefined>;
  /** See `captionStored` of the collection. */
  captionStored(imageIds: readonly ImageId[], model: ModelRecord): Promise<GeneratedCaptionRecord[]>;
  /** See `captionCandidates` of the collection. */
  captionCandidates(imageId: ImageId, model: ModelRecord): Promise<readonly Caption[]>;
  /** Ends what runs, its processes with it, and closes the database. A training goes on at the next start. */
  close(): Promise<void>;
}

/**
 * Opens the database and makes the models of the program and of earlier versions known. What needs the encoder is
 * started when it is first needed.
 *
 * @throws DATABASE_LOCKED, DATABASE_UNAVAILABLE, STORAGE_FAILED
 */
export async function openApplication(config: Config, options: ApplicationOptions): Promise<Application> {
  const { log } = options;
  const onTrouble = (error: unknown) => {
    log.error({ err: error }, 'the embedded database does not run');
  };
  const store = await (options.openStore ?? (() => openStore({ ...config, onTrouble })))();
  store.space.onChange((disk) => {
    if (disk.state === 'full') log.error(disk, 'the disk is nearly full: nothing new is stored, and jobs wait');
    else log.info(disk, 'the disk has room again');
  });
  try {
    await registerShippedModels(store, SHIPPED_MODELS, log);
    await takeInCheckpoints(store, log);
    return await assemble(config, options, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function assemble(config: Config, { log, ...options }: ApplicationOptions, store: Store): Promise<Application> {
  const { dataDirectory, limits } = config;
  const measures = new Measures();
  const inference = new LazyInferenceClient(config, {
    ...options,
    onAnswer: (call, seconds, count) => {
      measures.inferred(call, seconds, count);
    },
  });
  const keys = new ApiKeys(store);
  const derived = new DerivedFiles(dataDirectory, { space: store.space, maximumBytes: config.cacheBytes });
  const stored = {
    store,
    limits,
    regions: new RegionCache(derived, measures.readsOf('regions')),
    thumbnails: new ThumbnailCache(derived),
    checkpoints: new CheckpointFiles({ written: join(dataDirectory, 'models'), shipped: SHIPPED_MODELS }, store),
    guard: importGuard(store),
    trash: new Trash(store, config.trashDays),
  };
  const collection = async () => ({ ...stored, inference: await inference.open() });
  const queue = await JobQueue.open(store, {
    queues: QUEUES,
    alone: config.databaseUrl === undefined,
    lease: config.jobLease,
    onError: (error) => {
      log.warn({ err: error }, 'the queue of jobs does not answer');
    },
  });
  const render = async (heif: Uint8Array) => (await inference.open()).render(heif);
  const thumbnails = new Thumbnails(
    stored.thumbnails,
    store,
    photoLimitsOf(config),
    render,
    measures.readsOf('thumbnails'),
  );
  measures.askAt(measured(store, queue, inference));
  const workers = new Workers({
    store,
    queue,
    alone: config.databaseUrl === undefined,
    lease: config.jobLease,
    device: config.compute.device,
    encoder: () => inference.encoder,
    onError: (error) => {
      log.warn({ err: error }, 'a sign of life of this process cannot be written');
    },
  });
  const { training, jobs } = await openJobs(config, log, store, queue, collection).catch(async (error: unknown) => {
    await queue.close();
    throw error;
  });

  const authenticator = new Authenticator(keys, config, (error) => {
    log.warn({ err: error }, 'when a key was used cannot be written');
  });
  const webhooks = new Webhooks({
    store,
    queue,
    fetcher: new GuardedFetch({ rules: config.fetching, concurrency: WEBHOOKS_AT_ONCE }),
    alone: config.databaseUrl === undefined,
    onError: (error) => {
      log.warn({ err: error }, 'webhooks cannot be told of what happened');
    },
  });
  const fetcher = new GuardedFetch({ rules: config.fetching, concurrency: FETCHES_AT_ONCE });
  const altTextViews = new AltTextViewCounter(store.altTextQueue, (error) => {
    log.warn({ err: error }, 'how often texts were asked for cannot be written');
  });
  const closing = new AbortController();
  let leftovers: Promise<unknown> = Promise.resolve();
  let libraryWatch: LibraryWatch | undefined;
  return {
    config,
    log,
    store,
    training,
    jobs,
    libraries: new Libraries({ store, dataDirectory, importRoot: config.importRoot }),
    webhooks,
    deletions: new Deletions(stored),
    trash: stored.trash,
    altTextViews,
    keys,
    authenticator,
    publish: (url) =>
      publishServer(config, { url, secret: authenticator.ownerSecret }, (error) => {
        log.warn({ err: error }, 'commands cannot be told where this server is');
      }),
    readiness: readinessOf(store, queue, inference, log),
    measures,
    workers,
    async work({ kinds = QUEUE_NAMES, concurrency = 2 } = {}) {
      leftovers = sweepLeftovers(
        { data: dataDirectory, cache: config.cacheDirectory, temporary: tmpdir() },
        { alone: config.databaseUrl === undefined, signal: closing.signal },
      );
      stored.trash.work((error) => {
        log.warn({ err: error }, 'the trash cannot be emptied of what is old');
      });
      await workers.announce({ queues: kinds });
      if (kinds.includes(TRAINING_QUEUE)) await training.work();
      await jobs.work(
        kinds.filter((kind) => kind !== TRAINING_QUEUE && kind !== WEBHOOK_QUEUE),
        concurrency,
      );
      if (kinds.includes(WEBHOOK_QUEUE)) await webhooks.work();
      if (kinds.includes(scanLibraryKind.kind))
        libraryWatch = await LibraryWatch.open({
          store,
          log,
          scan: (id, places) => (places ? jobs.scanPlaces(id, places) : jobs.scanLibrary(id)),
        });
    },
    collection,
    currentModel: async () => currentModel(await collection()),
    async useModel(id) {
      const model = await useModel(id, store, (await inference.open()).encoder.id);
      // Those before answer until it has embedded every photo.
      if (model.task === 'SEARCH') await jobs.reindex();
      return model;
    },
    readModel: (id) => readModel(id, stored),
    importModel: async (given, name) => importModel(given, name, (await inference.open()).encoder.id, store),
    fetchPhoto: (url, signal) => fetchPhoto(url, signal, fetcher, limits),
    captionPhoto: async (photo, wish) => captionPhoto(photo, await collection(), wish),
    takeLibraryFile: async (path) => takeLibraryFile(path, await collection()),
    thumbnail: (image, width) => thumbnails.read(image, width),
    captionStored: async (imageIds, model) => captionStored(imageIds, model, await collection()),
    captionCandidates: async (imageId, model) => captionCandidates(imageId, model, await collection()),
    ...operationsOf(store, collection, limits),
    async close() {
      closing.abort();
      await stored.trash.close();
      await altTextViews.close();
      await leftovers;
      await libraryWatch?.close();
      // In this order: a training that ends still sees photos, and both write to the database.
      await training.close();
      await jobs.close();
      // Last: what ended above is told of, if there is time.
      await webhooks.close();
      await queue.close();
      await inference.close();
      await workers.close();
      await store.close();
    },
  };
}

function readinessOf(store: Store, queue: JobQueue, inference: LazyInferenceClient, log: Logger): Readiness {
  const checks = [
    { name: 'database', reason: 'The database does not answer.', run: () => store.executeSql('SELECT 1', []) },
    {
      name: 'disk',
      reason: 'The disk is nearly full: nothing new is stored until there is room again.',
      run: () => store.space.within(0, () => Promise.resolve()),
    },
    {
      name: 'inference',
      reason: 'The process that sees and writes is not open: its weights are fetched, or cannot be had.',
      run: () => inference.ready(),
    },
    { name: 'queue', reason: 'The queue of jobs does not answer.', run: () => queue.states() },
  ];
  return new Readiness(checks, log);
}

/** What is asked for when the metrics are read. */
function measured(store: Store, queue: JobQueue, inference: LazyInferenceClient): Sources {
  return {
    queues: () => queue.states(),
    jobs: async () => [
      ...(await store.jobs.countOpen()),
      ...(await store.trainingJobs.countOpen()).map((counted) => ({ kind: TRAINING_QUEUE, ...counted })),
    ],
    models: async () => {
      const used = await Promise.all([store.models.current('CAPTION'), store.models.current('SEARCH')]);
      return used.filter((model) => model !== undefined);
    },
    disk: () => store.space.state(),
    inferenceQueue: () => inference.waiting,
  };
}

async function openJobs(config: Config, log: Logger, store: Store, queue: JobQueue, collection: Collection) {
  const { importRoot, jobLease: lease, compute, limits } = config;
  const alone = config.databaseUrl === undefined;
  const jobs = await Jobs.open({
    store,
    queue,
    log,
    importRoot,
    lease,
    alone,
    collection,
    ...longWork(store, collection, limits),
  });
  const training = await TrainingJobs.open({
    ...trainingSources(collection, () => jobs.reindex()),
    store,
    log,
    lease,
    compute,
    alone,
    directory: join(config.dataDirectory, 'training'),
    queue: trainingQueue(queue),
  });
  return { training, jobs };
}
