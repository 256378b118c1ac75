/** The composition root: the one file that knows every room. Servers and commands are given an `Application`. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Caption } from './captioner/captioner.js';
import { altText } from './collection/alt-text.js';
import { captionCandidates } from './collection/caption-candidates.js';
import { type CaptionedPhoto, captionPhoto, checkPhoto, currentModel } from './collection/caption-photo.js';
import { captionStored } from './collection/caption-stored.js';
import type { CollectionContext, Photo } from './collection/context.js';
import { type DeletedImages, deleteImages } from './collection/delete-images.js';
import { importDataset, type ImportOptions, type ImportReport } from './collection/import-dataset.js';
import { type Choice, chooseCaption } from './collection/people-captions.js';
import { seeMirrored, seeStoredImages } from './collection/see-images.js';
import { Thumbnails, type ThumbnailWidth } from './collection/thumbnails.js';
import type { Services } from './api/services.js';
import type { Config } from './config.js';
import type { DatasetRemoval } from './collection/remove-dataset.js';
import type { Dataset } from './datasets/dataset.js';
import type { OpenOptions } from './datasets/open-dataset.js';
import { openSource } from './datasets/open-source.js';
import { EkphrasisError, ErrorCode } from './errors.js';
import type { DatasetId, EncoderId, ImageId, ModelId } from './ids.js';
import { InferenceClient } from './inference/client.js';
import { type Candidate, type CandidateOutcome, decideOnCaptioner, decideOnSearchModel, readOutcome } from './jobs/candidates.js';
import { seenPhotos, trainingPhotos } from './jobs/collection-photos.js';
import { deleteDataset } from './jobs/dataset-work.js';
import { type DeletedModel, deleteModel } from './jobs/delete-model.js';
import { type EvaluatedModel, evaluateModel } from './jobs/evaluate-model.js';
import { Jobs } from './jobs/jobs.js';
import { WORK_KINDS, type WorkKind } from './jobs/kinds.js';
import { type Ensemble, makeEnsemble } from './jobs/make-ensemble.js';
import { findModel, keepTrainedModel, registerShippedModels, takeInCheckpoints, useModel } from './jobs/models.js';
import { JobQueue } from './jobs/queue.js';
import type { Use } from './jobs/settings.js';
import { TrainingJobs, type TrainingJobsOptions } from './jobs/training-jobs.js';
import { trainingQueue } from './jobs/training-queue.js';
import { PROGRAM_FOLDER } from './program-folder.js';
import { recommendations } from './search/recommendations.js';
import { searchImages } from './search/search-images.js';
import { currentSpace } from './search/semantics.js';
import { similarImages } from './search/similar-images.js';
import type { GeneratedCaptionRecord, ReferenceCaptionRecord } from './store/captions.js';
import type { ImageRecord, Split } from './store/images.js';
import type { ModelRecord, ModelTask } from './store/models.js';
import { CheckpointFiles } from './store/checkpoint-files.js';
import { RegionCache } from './store/region-cache.js';
import { ThumbnailCache } from './store/thumbnail-cache.js';
import { openStore, type Store } from './store/store.js';
import { checkEncoder, fitsEncoder } from './vision/encoder-fit.js';
import { DEFAULT_PHOTO_LIMITS } from './vision/photo.js';

/** Checkpoints that come with the program. */
const SHIPPED_MODELS = join(PROGRAM_FOLDER, 'models');

export interface ApplicationOptions {
  readonly log: Logger;
  /** Told of the download of VGG16's weights, in bytes. */
  readonly onDownload?: (done: number, total: number) => void;
  /** Told in a sentence which source of the weights is tried. */
  readonly onNotice?: (sentence: string) => void;
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

export interface Members {
  readonly members: readonly ModelId[];
  /** The members' names side by side without. */
  readonly name?: string | undefined;
  /** Default: NEVER. Where there is no captioner in use, it is used in any case. */
  readonly use?: Use | undefined;
}

/** What a worker takes up. */
export interface WorkOptions {
  /** All kinds by default. */
  readonly kinds?: readonly WorkKind[] | undefined;
  /** Parts of a kind at a time; 2 by default: one is read while another is computed. */
  readonly concurrency?: number | undefined;
}

/** What is found in the collection, and said of it: see the functions of the same names. */
type Finding = Pick<Services, 'searchImages' | 'similarImages' | 'recommendations' | 'altText'>;

/** The collection, with the process that sees and writes. */
export interface SeeingCollection extends CollectionContext {
  readonly inference: InferenceClient;
}

export interface Application extends Finding {
  readonly config: Config;
  readonly log: Logger;
  readonly store: Store;
  readonly training: TrainingJobs;
  /** Jobs over the collection. */
  readonly jobs: Jobs;
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
  /** See `deleteImages` of the collection. @throws CONFLICT, STORAGE_FAILED */
  deleteImages(ids: readonly ImageId[]): Promise<DeletedImages>;
  /** See `deleteModel` of the jobs. @throws NOT_FOUND, CONFLICT, STORAGE_FAILED */
  deleteModel(id: ModelId): Promise<DeletedModel>;
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
  /** See `deleteDataset` of the jobs. */
  deleteDataset(id: DatasetId, confirmed: boolean): Promise<DatasetRemoval>;
  /** See `evaluateModel`. @throws NOT_FOUND for an unknown model */
  evaluate(request: Evaluation, onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<EvaluatedModel>;
  /** Makes several captioners one; see `makeEnsemble`. @throws NOT_FOUND for an unknown model */
  ensemble(request: Members, onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<Ensemble & { readonly outcome: CandidateOutcome }>;
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
  const seeing = new Seeing(config, options, store);
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
    async work({ kinds = WORK_KINDS, concurrency = 2 } = {}) {
      if (kinds.includes('train')) await training.work();
      await jobs.work(kinds.filter((kind) => kind !== 'train'), concurrency);
    },
    collection,
    currentModel: async () => currentModel(await collection()),
    async useModel(id) {
      const model = await useModel(id, await collection());
      // Those before answer until it has embedded every photo.
      if (model.task === 'SEARCH') await jobs.reindex();
      return model;
    },
    deleteImages: (ids) =>
      deleteImages(ids, { store, regions: new RegionCache(config.dataDirectory), thumbnails: new ThumbnailCache(config.dataDirectory) }),
    deleteModel: (id) => deleteModel(id, { store, checkpoints: seeing.checkpoints }),
    captionPhoto: async (photo) => captionPhoto(photo, await collection()),
    thumbnail: (image, width) => thumbnails.read(image, width),
    captionStored: async (imageIds, model) => captionStored(imageIds, model, await collection()),
    captionCandidates: async (imageId, model) => captionCandidates(imageId, model, await collection()),
    chooseCaption: async (choice) => chooseCaption(choice, { ...(await collection()), store }),
    deleteDataset: (id, confirmed) =>
      deleteDataset(id, confirmed, { store, regions: new RegionCache(config.dataDirectory), thumbnails: new ThumbnailCache(config.dataDirectory) }),
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
      return evaluateModel({ model, split, dataset }, evaluationSurroundings(store, context), onProgress, signal);
    },
    async ensemble({ members: ids, name, use = 'NEVER' }, onProgress, signal) {
      const models = await Promise.all(ids.map((id) => findModel(store, id)));
      const context = await collection();
      for (const model of models) checkEncoder(model, context.inference.encoder.id);
      const members = await Promise.all(models.map((model) => context.checkpoints.pathOf(model)));
      const request = { members, name: name ?? models.map((model) => model.name).join(' + ') };
      const { encoder } = context.inference;
      const made = await makeEnsemble(request, { ...evaluationSurroundings(store, context), encoder }, onProgress, signal);
      const outcome = await decide({ model: made.model, use }, store, context, signal);
      await applyOutcome(outcome, made.model, store, encoder.id);
      return { ...made, outcome };
    },
  };
}

/** The process that sees and writes, started once when it is first wanted. */
class Seeing {
  private opening: Promise<InferenceClient> | undefined;
  private closed = false;
  readonly checkpoints: CheckpointFiles;

  constructor(
    private readonly config: Config,
    private readonly options: ApplicationOptions,
    private readonly store: Store,
  ) {
    this.checkpoints = new CheckpointFiles({ written: join(config.dataDirectory, 'models'), shipped: SHIPPED_MODELS }, store);
  }

  async open(): Promise<SeeingCollection> {
    if (this.closed) throw new EkphrasisError(ErrorCode.ProcessFailed, 'The server is shutting down.');
    this.opening ??= this.start();
    const { config, store, checkpoints, opening } = this;
    const inference = await opening;
    return { store, regions: new RegionCache(config.dataDirectory), thumbnails: new ThumbnailCache(config.dataDirectory), checkpoints, inference, limits: config.limits };
  }

  async close(): Promise<void> {
    this.closed = true;
    const inference = await this.opening?.catch(() => undefined);
    await inference?.close();
  }

  private async start(): Promise<InferenceClient> {
    const { encoder: file, weights, precision, cacheDirectory, limits } = this.config;
    const photoLimits = { ...DEFAULT_PHOTO_LIMITS, maximumPixels: limits.maximumPixels };
    const { onDownload: onProgress, onNotice } = this.options;
    const vgg16 = { weights: weights.source, weightsUrl: weights.url, cacheDirectory, precision, photoLimits, onProgress, onNotice };
    try {
      return await InferenceClient.start({ encoder: file === undefined ? vgg16 : { file, photoLimits } });
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }
}

function evaluationSurroundings(store: Store, context: SeeingCollection) {
  const regionsOf = (imageIds: readonly ImageId[]) => seeStoredImages(imageIds, context, 'background');
  const { inference, checkpoints } = context;
  return { store, inference, checkpoints, regionsOf };
}

interface TrainingContext {
  readonly store: Store;
  readonly jobs: Pick<Jobs, 'reindex'>;
  readonly collection: () => Promise<SeeingCollection>;
}

/** The model of a task that is used, where the running encoder sees what it was trained on. */
async function inUse(task: ModelTask, store: Pick<Store, 'models'>, encoder: EncoderId): Promise<ModelRecord | undefined> {
  const model = await store.models.current(task);
  return model && fitsEncoder(model, encoder) ? model : undefined;
}

/** What becomes of a new model. Whoever chooses another while it is measured is asked beside which it is measured then. */
async function decide(candidate: Candidate, store: Store, context: SeeingCollection, signal?: AbortSignal): Promise<CandidateOutcome> {
  const { task } = candidate.model;
  const find = () => inUse(task, store, context.inference.encoder.id);
  for (;;) {
    const current = await find();
    const outcome =
      task === 'SEARCH'
        ? decideOnSearchModel(candidate, current)
        : await decideOnCaptioner(candidate, current, evaluationSurroundings(store, context), signal);
    if ((await find())?.id === current?.id) return outcome;
  }
}

/** Has a model used where that was decided, unless another was chosen since. Done again, it changes nothing. */
async function applyOutcome({ used, currentModelId }: CandidateOutcome, model: ModelRecord, store: Pick<Store, 'models'>, encoder: EncoderId): Promise<void> {
  if (!used || (await inUse(model.task, store, encoder))?.id !== (currentModelId ?? undefined)) return;
  await store.models.choose(model.id);
  if (model.task === 'CAPTION') await store.models.makeCurrent(model.id);
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
      const { regionsOf, inference } = evaluationSurroundings(store, context);
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
    async keepModel(jobId, { checkpoint, bestEpoch, settings }, signal) {
      const best = (await store.trainingJobs.epochs(jobId)).find(({ epoch }) => epoch === bestEpoch);
      if (!best) throw new EkphrasisError(ErrorCode.TrainingFailed, `Epoch ${bestEpoch} of the training was not kept.`);
      const model = await keepTrainedModel(store, jobId, checkpoint, best, settings.dataset);
      const decided = readOutcome((await store.trainingJobs.find(jobId))?.outcome);
      const context = await collection();
      const dataset = settings.dataset && (await store.datasets.find(settings.dataset));
      const outcome = decided ?? (await decide({ model, use: settings.use, dataset }, store, context, signal));
      await store.trainingJobs.decide(jobId, outcome);
      await applyOutcome(outcome, model, store, context.inference.encoder.id);
      // The model before answers until this one has embedded every photo.
      if (model.task === 'SEARCH' && outcome.used) await jobs.reindex();
      return model.id;
    },
  };
}
