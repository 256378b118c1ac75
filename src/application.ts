/** The composition root: servers and commands are given an `Application`, whatever it is made of. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Caption } from './captioner/captioner.js';
import { altText } from './collection/alt-text.js';
import { captionCandidates } from './collection/caption-candidates.js';
import { type CaptionedPhoto, captionPhoto, checkPhoto, currentModel } from './collection/caption-photo.js';
import { captionStored } from './collection/caption-stored.js';
import { importDataset, type ImportOptions, type ImportReport } from './collection/import-dataset.js';
import type { Photo } from './collection/context.js';
import { type Choice, chooseCaption } from './collection/people-captions.js';
import { seeMirrored } from './collection/see-images.js';
import { Thumbnails, type ThumbnailWidth } from './collection/thumbnails.js';
import type { Services } from './api/services.js';
import type { Config } from './config.js';
import type { Dataset } from './datasets/dataset.js';
import type { OpenOptions } from './datasets/open-dataset.js';
import { openSource } from './datasets/open-source.js';
import { EkphrasisError, ErrorCode } from './errors.js';
import type { DatasetId, ImageId, ModelId } from './ids.js';
import { seenPhotos, trainingPhotos } from './jobs/collection-photos.js';
import { type CandidateEnsemble, endTraining, inUse, makeCandidateEnsemble, type Members } from './jobs/decide.js';
import { Deletions } from './jobs/deletions.js';
import { type EvaluatedModel, evaluateModel } from './jobs/evaluate-model.js';
import { Jobs } from './jobs/jobs.js';
import { findModel, registerShippedModels, takeInCheckpoints, useModel } from './jobs/models.js';
import { QUEUE_NAMES, TRAINING_QUEUE } from './jobs/queues.js';
import { JobQueue } from './jobs/queue.js';
import { TrainingJobs, type TrainingJobsOptions } from './jobs/training-jobs.js';
import { trainingQueue } from './jobs/training-queue.js';
import { PROGRAM_FOLDER } from './program-folder.js';
import { evaluationSurroundings, Seeing, type SeeingCollection, type SeeingOptions } from './seeing.js';
import { recommendations } from './search/recommendations.js';
import { searchImages } from './search/search-images.js';
import { currentSpace } from './search/semantics.js';
import { similarImages } from './search/similar-images.js';
import type { GeneratedCaptionRecord, ReferenceCaptionRecord } from './store/captions.js';
import type { ImageRecord, Split } from './store/images.js';
import type { ModelRecord } from './store/models.js';
import { openStore, type Store } from './store/store.js';
import { checkEncoder } from './vision/encoder-fit.js';
import { DEFAULT_PHOTO_LIMITS } from './vision/photo.js';

/** Checkpoints that come with the program. */
const SHIPPED_MODELS = join(PROGRAM_FOLDER, 'models');

export interface ApplicationOptions extends SeeingOptions {
  readonly log: Logger;
  /** Opens the database; the configured one by default. */
  readonly openStore?: () => Promise<Store>;
}

export interface Evaluation {
  readonly split: Split;
  /** The current model without. */
  readonly modelId?: ModelId | undefined;
  /** Photos of this data set; those of all without. */
  readonly dataset?: DatasetId | undefined;
}

/** What a worker takes up. */
export interface WorkOptions {
  /** The names of queues; all by default. */
  readonly kinds?: readonly string[] | undefined;
  /** Parts of a kind at a time; 2 by default: one is read while another is computed. */
  readonly concurrency?: number | undefined;
}

/** What is found in the collection, and said of it: see the functions of the same names. */
type Finding = Pick<Services, 'searchImages' | 'similarImages' | 'recommendations' | 'altText'>;

export interface Application extends Finding {
  readonly config: Config;
  readonly log: Logger;
  readonly store: Store;
  readonly training: TrainingJobs;
  /** Jobs over the collection. */
  readonly jobs: Jobs;
  readonly deletions: Deletions;
  /** Takes up what waits in the queues, from now on until the application closes. */
  work(options?: WorkOptions): Promise<void>;
  /**
   * What sees and writes, with the collection around it. The first call fetches VGG16's weights where they are missing and
   * starts a process; a call after a failure tries again.
   *
   * @throws WEIGHTS_UNAVAILABLE, STORAGE_FAILED, INVALID_CONFIGURATION, PROCESS_FAILED
   */
  collection(): Promise<SeeingCollection>;
  /** The model that captions. @throws NO_MODEL, ENCODER_MISMATCH, and what `collection` throws */
  currentModel(): Promise<ModelRecord>;
  /** See `useModel` of the jobs. @throws what `collection` throws, too */
  useModel(id: ModelId): Promise<ModelRecord>;
  /** See `captionPhoto` of the collection. */
  captionPhoto(photo: Photo): Promise<CaptionedPhoto>;
  /** A photo's small copy. See `Thumbnails` of the collection. */
  thumbnail(image: ImageRecord, width: ThumbnailWidth): Promise<Uint8Array | undefined>;
  /** See `captionStored` of the collection. */
  captionStored(imageIds: readonly ImageId[], model: ModelRecord): Promise<GeneratedCaptionRecord[]>;
  /** See `captionCandidates` of the collection. */
  captionCandidates(imageId: ImageId, model: ModelRecord): Promise<readonly Caption[]>;
  /** See `chooseCaption` of the collection. */
  chooseCaption(choice: Choice): Promise<ReferenceCaptionRecord>;
  /** Imports a folder, or `scenes`. `onRecognised` is told what it is before it begins. @throws INVALID_DATASET */
  importDataset(path: string, options?: ImportOptions & OpenOptions & { readonly onRecognised?: (dataset: Dataset) => void }): Promise<ImportReport>;
  /** See `evaluateModel`. @throws NOT_FOUND for an unknown model */
  evaluate(request: Evaluation, onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<EvaluatedModel>;
  /** See `makeCandidateEnsemble`. */
  ensemble(request: Members, onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<CandidateEnsemble>;
  /** Ends what runs, its processes with it, and closes the database. A training goes on at the next start. */
  close(): Promise<void>;
}

/**
 * Opens the database and makes the models of the program and of earlier versions known. What needs the encoder is started when it
 * is first needed.
 *
 * @throws DATABASE_LOCKED, DATABASE_UNAVAILABLE, STORAGE_FAILED
 */
export async function openApplication(config: Config, options: ApplicationOptions): Promise<Application> {
  const store = await (options.openStore ?? (() => openStore(config)))();
  try {
    await registerShippedModels(store, SHIPPED_MODELS, options.log);
    await takeInCheckpoints(store, options.log);
    return await assemble(config, options, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function assemble(config: Config, options: ApplicationOptions, store: Store): Promise<Application> {
  const { log } = options;
  const seeing = new Seeing(config, options, store, SHIPPED_MODELS);
  const collection = () => seeing.open();
  const queue = await JobQueue.open(store, {
    alone: config.databaseUrl === undefined,
    lease: config.jobLease,
    onError: (error) => {
      log.warn({ err: error }, 'the queue of jobs does not answer');
    },
  });
  const thumbnails = new Thumbnails(config.dataDirectory, store, { ...DEFAULT_PHOTO_LIMITS, maximumPixels: config.limits.maximumPixels });
  const { training, jobs } = await openJobs(config, log, store, queue, collection).catch(async (error: unknown) => {
    await queue.close();
    throw error;
  });

  return {
    config,
    log,
    store,
    training,
    jobs,
    deletions: new Deletions(seeing.around),
    async work({ kinds = QUEUE_NAMES, concurrency = 2 } = {}) {
      if (kinds.includes(TRAINING_QUEUE)) await training.work();
      await jobs.work(kinds.filter((kind) => kind !== TRAINING_QUEUE), concurrency);
    },
    collection,
    currentModel: async () => currentModel(await collection()),
    async useModel(id) {
      const model = await useModel(id, await collection());
      // Those before answer until it has embedded every photo.
      if (model.task === 'SEARCH') await jobs.reindex();
      return model;
    },
    captionPhoto: async (photo) => captionPhoto(photo, await collection()),
    thumbnail: (image, width) => thumbnails.read(image, width),
    captionStored: async (imageIds, model) => captionStored(imageIds, model, await collection()),
    captionCandidates: async (imageId, model) => captionCandidates(imageId, model, await collection()),
    chooseCaption: async (choice) => chooseCaption(choice, { ...(await collection()), store }),
    ...longWork(store, collection),
    ...finding(store, collection),
    async close() {
      // In this order: a training that ends still sees photos, and both write to the database.
      await training.close();
      await jobs.close();
      await queue.close();
      await seeing.close();
      await store.close();
    },
  };
}

async function openJobs(config: Config, log: Logger, store: Store, queue: JobQueue, collection: () => Promise<SeeingCollection>) {
  const { importRoot, jobLease: lease } = config;
  const jobs = await Jobs.open({ store, queue, log, importRoot, lease, collection, ...longWork(store, collection) });
  const training = await TrainingJobs.open({ ...trainingOptions(config, log, { store, jobs, collection }), queue: trainingQueue(queue) });
  return { training, jobs };
}

function finding(store: Store, collection: () => Promise<SeeingCollection>): Finding {
  const running = async () => (await collection()).inference.encoder.id;
  const space = currentSpace(store, async (text, model) => {
    const { inference, checkpoints } = await collection();
    return (await inference.embedTexts(await checkpoints.pathOf(model), [text]))[0];
  });
  return {
    searchImages: (request) => searchImages(request, { store, space }),
    async similarImages(query, request) {
      if ('images' in query) return similarImages({ ...request, like: query }, store, running);
      const context = await collection();
      await checkPhoto(query.photo.bytes, context);
      const encoder = context.inference.encoder.id;
      const [seen] = await context.inference.encode([query.photo.bytes]);
      if (!seen) throw new EkphrasisError(ErrorCode.ProcessFailed, `Nothing was seen in ${query.photo.name}.`);
      return similarImages({ ...request, like: { feature: seen.pooled, encoder } }, store, running);
    },
    recommendations: (request) => recommendations(request, store, running),
    altText: (imageId) =>
      altText(imageId, {
        store,
        async write(id) {
          const context = await collection();
          const [caption] = await captionStored([id], await currentModel(context), context);
          if (!caption) throw new EkphrasisError(ErrorCode.ProcessFailed, `Nothing was written for the image ${id}.`);
          return caption;
        },
      }),
  };
}

/** What takes minutes to hours: a command does it itself, or has a worker do it. */
function longWork(store: Store, collection: () => Promise<SeeingCollection>): Pick<Application, 'importDataset' | 'evaluate' | 'ensemble'> {
  return {
    async importDataset(path, options = {}) {
      const dataset = await openSource(path, options);
      options.onRecognised?.(dataset);
      return importDataset(dataset, await collection(), options);
    },
    async evaluate({ split, modelId, dataset }, onProgress, signal) {
      const context = await collection();
      const model = modelId === undefined ? await currentModel(context) : await findModel(store, modelId);
      return evaluateModel({ model, split, dataset }, evaluationSurroundings(context), onProgress, signal);
    },
    async ensemble(request, onProgress, signal) {
      return makeCandidateEnsemble(request, evaluationSurroundings(await collection()), onProgress, signal);
    },
  };
}

interface TrainingContext {
  readonly store: Store;
  readonly jobs: Pick<Jobs, 'reindex'>;
  readonly collection: () => Promise<SeeingCollection>;
}

function trainingOptions(config: Config, log: Logger, { store, jobs, collection }: TrainingContext): Omit<TrainingJobsOptions, 'queue'> {
  const asFile = async (model: ModelRecord) => {
    const { id, name, checkpointSha256: sha256 } = model;
    return { id, name, sha256, path: await (await collection()).checkpoints.pathOf(model) };
  };
  return {
    store,
    log,
    alone: config.databaseUrl === undefined,
    lease: config.jobLease,
    directory: join(config.dataDirectory, 'training'),
    compute: config.compute,
    async photos(dataset, mirror, language) {
      const context = await collection();
      const { regionsOf, inference } = evaluationSurroundings(context);
      const mirroredOf = mirror ? (imageIds: readonly ImageId[]) => seeMirrored(imageIds, context) : undefined;
      return trainingPhotos(await seenPhotos(store, inference.encoder, regionsOf, { splits: ['train', 'dev'], dataset, mirroredOf, language }));
    },
    async earlierModel(id) {
      const model = await findModel(store, id);
      checkEncoder(model, (await collection()).inference.encoder.id);
      return asFile(model);
    },
    async currentCaptioner() {
      const model = await inUse('CAPTION', store, (await collection()).inference.encoder.id);
      return model && asFile(model);
    },
    async keepModel(jobId, model, signal) {
      const around = evaluationSurroundings(await collection());
      return endTraining(jobId, model, { ...around, reindex: () => jobs.reindex() }, signal);
    },
  };
}
