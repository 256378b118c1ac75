/** Jobs over the collection: begun, shared by workers, followed, cancelled, and retried where they failed. */
import { currentModel } from '../collection/choose-captioner.js';
import { checkEncoder } from '../models/encoder-fit.js';
import type { ImportOptions } from '../collection/import-dataset.js';
import type { Dataset } from '../datasets/dataset.js';
import type { OpenOptions } from '../datasets/open-dataset.js';
import { openSource } from '../datasets/open-source.js';
import { nextSearchModel } from '../collection/embed-images.js';
import { EkphrasisError, ErrorCode, found } from '../errors.js';
import type { DatasetId, JobId, JobPartId, LibraryId, ModelId } from '../ids.js';
import type { JobRecord } from '../store/jobs.js';
import type { Store } from '../store/store.js';
import { allowedPath, checkRealPath } from '../datasets/import-path.js';
import { type JobNotifier, openJobNotifier } from './notifier.js';
import { followJob, type JobRows } from './job-progress.js';
import type { JobKind } from './kind.js';
import { isKnown, jobKind } from './kinds/all.js';
import { captionKind } from './kinds/caption.js';
import { embedKind } from './kinds/embed.js';
import { evaluateKind, type EvaluateSettings } from './kinds/evaluate.js';
import { exportXmpKind, type XmpExportSettings } from './kinds/export-xmp.js';
import { importKind } from './kinds/import.js';
import type { IndexSettings } from './kinds/indexing.js';
import { refreshMetadataKind } from './kinds/refresh-metadata.js';
import { reindexKind } from './kinds/reindex.js';
import { scanLibraryKind, type ScanSettings } from './kinds/scan-library.js';
import type { ScanPlace } from '../libraries/scan-places.js';
import { findModel } from '../models/registry.js';
import { currentRequestId } from '../monitoring/request-id.js';
import { CHANGED } from '../queue/notifier.js';
import type { DeadLetter } from '../queue/queue-tables.js';
import { JobRunner, type JobDependencies } from './run-job.js';
import { sharedReading } from '../queue/shared-reading.js';
import { under } from '../store/locks.js';
import { beginWith } from '../store/needs.js';
import { needsOfJob } from './kinds/all.js';

export interface JobsOptions extends Omit<JobDependencies, 'notifier'> {
  readonly store: JobDependencies['store'] & Pick<Store, 'listen' | 'notify'>;
  /** Folder below which clients of the API may import folders. Default: they may import none. */
  readonly importRoot: string | undefined;
  /** Seconds without a heartbeat after which a worker counts as lost. */
  readonly lease: number;
  /** No other process can use the database. */
  readonly alone: boolean;
}

/**
 * A photo that has waited for its caption for so many leases was sent to a process that is gone, or that failed. One that
 * is only slow writes the same caption twice, which does no harm.
 */
const OWED_LEASES = 10;

/** The latest; those before them were met by an earlier look. */
const DEAD_LETTERS_AT_ONCE = 1000;

/** Of a library, waiting scans of what has changed, before one of all takes their place. */
const WAITING_PARTS = 8;

export interface CaptionRequest {
  /** Default: the current model. */
  readonly modelId?: ModelId | undefined;
  /** Leave out photos that the model has written for. */
  readonly onlyMissing: boolean;
  /** Leave out photos that no other model has written for, as well. */
  readonly onlyOfOthers?: boolean;
}

/** See `ImportOptions` and `OpenOptions`. */
export type ImportWish = Pick<ImportOptions, 'prune'> & Pick<OpenOptions, 'format' | 'columns'>;

export class Jobs {
  private readonly runner: JobRunner;
  /** Of all who follow jobs. */
  private readonly rows: JobRows;
  private recovery: NodeJS.Timeout | undefined;
  private kinds: readonly string[] = [];
  private readonly opened = new Date();
  /** Looks for photos that were left without their captions. */
  private lookingForOwed: NodeJS.Timeout | undefined;
  private handingOver: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: JobsOptions,
    private readonly notifier: JobNotifier,
  ) {
    this.runner = new JobRunner({ ...options, notifier });
    this.rows = { find: sharedReading((jobId: JobId) => options.store.jobs.find(jobId)) };
  }

  static async open(options: JobsOptions): Promise<Jobs> {
    return new Jobs(options, await openJobNotifier(options.store));
  }

  /**
   * Has every photo seen and embedded that the encoder has not seen, or the search model not embedded, yet. Then theirs
   * are the vectors that answer searches. @throws what `collection` throws
   */
  async embed(): Promise<JobRecord> {
    return this.start(embedKind, await this.indexSettings());
  }

  /**
   * The same, and removes what other encoders and search models made, when all is done.
   *
   * @throws what `collection` throws
   */
  async reindex(): Promise<JobRecord> {
    return this.start(reindexKind, await this.indexSettings());
  }

  /**
   * Has a model write for the photos of the collection.
   *
   * @throws NOT_FOUND, NO_MODEL, ENCODER_MISMATCH, what `collection` throws
   */
  async caption({ modelId, onlyMissing, onlyOfOthers = false }: CaptionRequest): Promise<JobRecord> {
    const context = await this.options.collection();
    const model = modelId === undefined ? await currentModel(context) : await findModel(context.store, modelId);
    checkEncoder(model, context.inference.encoder.id);
    return this.start(captionKind, {
      encoder: context.inference.encoder.id,
      modelId: model.id,
      onlyMissing,
      onlyOfOthers,
      onlyOwed: false,
    });
  }

  /** Has a worker import a folder of its machine, or `scenes`, for somebody who may read that machine's disk. */
  importFolder(path: string, options: ImportWish = {}): Promise<JobRecord> {
    return this.start(importKind, { path, ...options });
  }

  /** The same for a client of the API. @throws BAD_USER_INPUT for a folder it may not read */
  async importForClient(path: string, options: ImportWish = {}): Promise<JobRecord> {
    const { importRoot } = this.options;
    return this.start(importKind, { path: allowedPath(path, importRoot), below: importRoot, ...options });
  }

  /** What an import would find, without any work. @throws as `importForClient`, and INVALID_DATASET */
  async previewForClient(path: string, options: Pick<OpenOptions, 'format' | 'columns'> = {}): Promise<Dataset> {
    const { importRoot } = this.options;
    const folder = allowedPath(path, importRoot);
    if (importRoot !== undefined) await checkRealPath(folder, importRoot);
    return openSource(folder, { ...options, within: importRoot });
  }

  /** Has a worker scan a library. See `ScanOptions`. */
  scanLibrary(library: LibraryId, options: Partial<Omit<ScanSettings, 'library'>> = {}): Promise<JobRecord> {
    return this.start(scanLibraryKind, { library, retryProblems: false, acceptLosses: false, ...options });
  }

  /** Has a worker look where something has changed in a library, unless a scan waits that looks there as well. */
  async scanPlaces(library: LibraryId, places: readonly ScanPlace[]): Promise<JobRecord> {
    const { jobs } = this.options.store;
    const waiting = (await jobs.inState('QUEUED')).filter(({ kind }) => kind === scanLibraryKind.kind);
    const own = waiting.map((job) => ({ job, settings: scanLibraryKind.settings.parse(job.settings) }));
    const ofLibrary = own.filter(({ settings }) => settings.library === library);
    const whole = ofLibrary.find(({ settings }) => settings.places === undefined);
    if (whole) return whole.job;
    return this.scanLibrary(library, ofLibrary.length < WAITING_PARTS ? { places: [...places] } : {});
  }

  /**
   * Has a worker write captions into the files of photos below the folder that clients may import from.
   *
   * @throws BAD_USER_INPUT where there is none
   */
  async exportXmpForClient(wish: Omit<XmpExportSettings, 'within'>): Promise<JobRecord> {
    const { importRoot } = this.options;
    if (importRoot === undefined) {
      const message =
        'This server writes into no folders for clients. Its operator can allow those below one folder with IMPORT_ROOT, or write on the command line: ekphrasis export xmp.';
      throw new EkphrasisError(ErrorCode.BadInput, message);
    }
    return this.start(exportXmpKind, { ...wish, within: importRoot });
  }

  /** Has a worker read again what files say of their photos. */
  refreshMetadata(dataset?: DatasetId): Promise<JobRecord> {
    return this.start(refreshMetadataKind, { dataset });
  }

  /** Has a worker measure a model. @throws NOT_FOUND */
  evaluate(request: EvaluateSettings): Promise<JobRecord> {
    return this.start(evaluateKind, request);
  }

  /** @throws NOT_FOUND */
  async find(jobId: JobId): Promise<JobRecord> {
    return found(await this.options.store.jobs.find(jobId), `job ${jobId}`);
  }

  /** See `followJob`. */
  progress(jobId: JobId): AsyncIterableIterator<JobRecord> {
    return followJob(jobId, { jobs: this.rows, notifier: this.notifier });
  }

  /**
   * Ends a job: parts that wait are not begun, those that run stop within a few photos, on whatever machine.
   *
   * @throws NOT_FOUND; CONFLICT when it has ended already
   */
  async cancel(jobId: JobId): Promise<JobRecord> {
    const { store, queue } = this.options;
    const cancelled = await store.jobs.end(jobId, { state: 'CANCELLED' });
    if (!cancelled) {
      const { state } = await this.find(jobId);
      throw new EkphrasisError(ErrorCode.Conflict, `The job has ended already: it is ${state.toLowerCase()}.`);
    }
    await queue.withdraw(cancelled.kind, jobId);
    await this.notifier.tell(jobId, CHANGED);
    return cancelled;
  }

  /** Has what failed of a job done again. @throws NOT_FOUND, also for what it needs; CONFLICT when it has not failed */
  async retry(jobId: JobId): Promise<JobRecord> {
    const { store, queue } = this.options;
    const { kind, state, settings } = await this.find(jobId);
    const conflict = () =>
      new EkphrasisError(ErrorCode.Conflict, `Only a failed job can be retried: this one is ${state.toLowerCase()}.`);
    if (state !== 'FAILED') throw conflict();
    // First: found beside the open job, they would have its parts count as failed again.
    await queue.removeDeadLetters(kind, jobId);
    const job = await beginWith(needsOfJob({ kind, settings }), store, () => store.jobs.reopen(jobId));
    if (!job) throw conflict();
    await queue.sendAgain(kind, [{ id: jobId, jobId }]);
    await this.notifier.tell(jobId, CHANGED);
    return job;
  }

  /** What failed for good and was not retried, the latest first. */
  deadLetters(limit: number): Promise<DeadLetter[]> {
    return this.options.queue.deadLetters(limit);
  }

  /**
   * Begins to take up work of these kinds. Where it captions, photos that were stored and not captioned, since the
   * process ended or failed in between, are captioned by a job.
   *
   * @param kinds their names
   * @param concurrency entries of each kind at a time, where its policy does not say
   */
  async work(kinds: readonly string[], concurrency: number): Promise<void> {
    const { queue, log, lease } = this.options;
    this.kinds = kinds;
    await this.recover();
    this.recovery = setInterval(
      () => {
        this.recover().catch((error: unknown) => {
          log.warn({ err: error }, 'lost jobs could not be looked for');
        });
      },
      (lease * 1000) / 2,
    );
    for (const { kind, policy } of kinds.map(jobKind))
      await queue.work(kind, policy.concurrency ?? concurrency, this.runner.handler());
    if (!kinds.includes(captionKind.kind)) return;
    this.handOverOwed();
    this.lookingForOwed = setInterval(() => {
      this.handOverOwed();
    }, this.patience);
  }

  /** Ends what runs here; others, or the next start, go on with it. */
  async close(): Promise<void> {
    clearInterval(this.recovery);
    clearInterval(this.lookingForOwed);
    await this.handingOver;
    await Promise.all(this.kinds.map((kind) => this.options.queue.stop(kind)));
    await this.notifier.close();
  }

  private get patience(): number {
    return OWED_LEASES * this.options.lease * 1000;
  }

  /** Not waited for: weights may have to be fetched first. Where that fails there is another look. */
  private handOverOwed(): void {
    const { alone, log } = this.options;
    const patient = new Date(Date.now() - this.patience);
    const before = alone && this.opened > patient ? this.opened : patient;
    this.handingOver = this.handingOver.then(() =>
      this.captionOwed(before).catch((error: unknown) => {
        log.warn({ err: error }, 'photos were stored without their captions, which cannot be written yet');
      }),
    );
  }

  /** @throws NO_MODEL, ENCODER_MISMATCH, NOT_FOUND, what `collection` throws */
  private async captionOwed(before: Date): Promise<void> {
    const { store, queue, log } = this.options;
    if (!(await store.owedCaptions.hasOlder(before))) return;
    const context = await this.options.collection();
    const { id: modelId } = await currentModel(context);
    const settings = {
      encoder: context.inference.encoder.id,
      modelId,
      onlyMissing: true,
      onlyOfOthers: false,
      onlyOwed: true,
    };
    const { kind } = captionKind;
    const job = await beginWith({ models: [modelId] }, store, () =>
      store.owedCaptions.handOver({ kind, settings }, before),
    );
    if (!job) return;
    await queue.send(kind, [{ id: job.id, jobId: job.id }]);
    log.info({ jobId: job.id }, 'photos that were stored without their captions are captioned');
  }

  private async indexSettings(): Promise<IndexSettings> {
    const { collection, store } = this.options;
    const { id: encoder } = (await collection()).inference.encoder;
    return { encoder, searchModelId: (await nextSearchModel(store, encoder))?.id };
  }

  /** One that is the same and waits still will do all of it, so that it is returned in place of a second. */
  private async start<Settings extends object>(definition: JobKind<Settings>, settings: Settings): Promise<JobRecord> {
    const { store, queue, log } = this.options;
    const { kind } = definition;
    const { job, isNew } = await beginWith(definition.needs(settings), store, () =>
      under(store.locks.alone(`jobs of the kind ${kind}`), async () => {
        const waiting = await store.jobs.findWaiting({ kind, settings });
        const requestId = currentRequestId();
        return { job: waiting ?? (await store.jobs.create({ kind, settings, requestId })), isNew: !waiting };
      }),
    );
    if (!isNew) {
      log.info({ jobId: job.id, kind }, 'the same job waits already');
      return job;
    }
    await queue.send(kind, [{ id: job.id, jobId: job.id }]);
    log.info({ jobId: job.id, kind }, 'a job waits');
    return job;
  }

  /** Makes up for processes that were lost between two steps: a row and its entry, an entry's end and its row. */
  private async recover(): Promise<void> {
    const { store, queue } = this.options;
    const known = async (state: 'QUEUED' | 'RUNNING') => (await store.jobs.inState(state)).filter(isKnown);
    for (const { id, kind } of await known('QUEUED')) await queue.sendAgain(kind, [{ id, jobId: id }]);
    const running = await known('RUNNING');
    if (running.length === 0) return;
    for (const { work, message } of await queue.deadLetters(
      DEAD_LETTERS_AT_ONCE,
      running.map(({ id }) => id),
    )) {
      await this.runner.fail(work.jobId as JobId, work.partId as JobPartId | undefined, {
        code: ErrorCode.ProcessFailed,
        message,
      });
    }
    for (const { id, kind } of running) {
      if ('photos' in jobKind(kind)) await this.runner.settle(id);
    }
  }
}
