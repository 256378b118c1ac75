/**
 * The port of job kinds: what work over the collection is told, needs and does. Each stands in one file of `kinds/`,
 * with a line in kinds/all.ts; the queues, the workers, the API's enum and the command line loop over that table.
 */
import type { z } from 'zod';
import type { Scope } from '../access/scopes.js';
import type { CollectionContext } from '../collection/context.js';
import type { XmpExport, XmpExportReport } from '../collection/export-xmp.js';
import type { ImportOptions, ImportProgress, ImportReport } from '../collection/import-dataset.js';
import type { MetadataRefresh } from '../collection/refresh-metadata.js';
import type { OpenOptions } from '../datasets/open-dataset.js';
import type { DatasetId, ImageId, LibraryId, ModelId } from '../ids.js';
import type { ScanOptions } from '../libraries/scan-library.js';
import type { ScanReport } from '../libraries/scan-report.js';
import type { EvaluationRecord } from '../store/evaluations.js';
import type { Split } from '../splits.js';
import type { JobRecord } from '../store/jobs.js';
import type { Store } from '../store/store.js';
import type { Needs } from '../store/needs.js';

/** How its entries in the queue are treated. */
export interface JobPolicy {
  /** Tries after the first. */
  readonly retries: number;
  /**
   * Tries after the first of a job that is not divided, as long as its workers are lost before its first photo is done: a
   * machine that is restarted again and again is as likely the cause as the job. Default: `retries`.
   */
  readonly retriesOfLost?: number;
  /** Entries that a worker takes up at a time. Default: as many as the worker is told. */
  readonly concurrency?: number;
}

interface About<Settings extends object> {
  /**
   * Its name in lower case with hyphens: that of its queue, in the database and on the command line. The API has it in
   * capitals.
   */
  readonly kind: string;
  /** A sentence: what such a job does. */
  readonly description: string;
  /** What a job is told, as its row keeps it. */
  readonly settings: z.ZodType<Settings>;
  readonly policy: JobPolicy;
  /** Whoever has it may begin such jobs, cancel them, and have them tried again. */
  readonly scope: Scope;
  needs(settings: Settings): Needs;
  /** The folder, or other source, whose photos it imports. */
  imports?(settings: Settings): string;
  /** The model that a job is about, for those who look at it. */
  model?(settings: Settings): ModelId;
}

/** A few photos at a time, shared by all workers. */
export interface SplitKind<Settings extends object = object> extends About<Settings> {
  photos(settings: Settings, job: JobRecord, store: WorkStore): PhotoWork;
}

/** One worker's from beginning to end. */
export interface WholeKind<Settings extends object = object, Result extends object = object> extends About<Settings> {
  /** What comes of a job, as its row keeps it. */
  readonly result: z.ZodType<Result>;
  /**
   * Does a job, perhaps again.
   *
   * @param onProgress told of photos done and photos in all
   * @throws the signal's reason when aborted
   */
  run(
    settings: Settings,
    dependencies: WholeJobContext,
    onProgress: ImportProgress,
    signal: AbortSignal,
  ): Promise<Result>;
}

export type JobKind<Settings extends object = object> = SplitKind<Settings> | WholeKind<Settings>;

export type WorkStore = Pick<Store, 'images' | 'captions' | 'owedCaptions' | 'features' | 'embeddings' | 'models'>;

/** What is done with photos of one job. Doing photos again does no harm. */
export interface PhotoWork {
  /** Ids of photos behind one that there is something to do for, oldest first. */
  idsAfter(after: ImageId | undefined, limit: number): Promise<ImageId[]>;
  /** Does photos that are all there. */
  perform(imageIds: readonly ImageId[], context: CollectionContext): Promise<void>;
  /**
   * What is to be done once, when all photos are done. Done again, it changes nothing.
   *
   * @returns false when photos came meanwhile that are yet to be done, by another job
   */
  finish(): Promise<boolean>;
}

/** What jobs that are not divided work with. */
export interface WholeJobContext {
  readonly store: WorkStore;
  collection(): Promise<CollectionContext>;
  importDataset(path: string, options: ImportOptions & OpenOptions): Promise<ImportReport>;
  scanLibrary(id: LibraryId, options: ScanOptions): Promise<ScanReport>;
  exportXmp(wish: XmpExport, onProgress: ImportProgress, signal: AbortSignal): Promise<XmpExportReport>;
  refreshMetadata(
    dataset: DatasetId | undefined,
    onProgress: ImportProgress,
    signal: AbortSignal,
  ): Promise<MetadataRefresh>;
  evaluate(
    request: { readonly modelId: ModelId; readonly split: Split; readonly dataset?: DatasetId | undefined },
    onProgress: ImportProgress,
    signal: AbortSignal,
  ): Promise<{ readonly evaluation: Pick<EvaluationRecord, 'id'> }>;
}

/** What came of a job of this kind; undefined for jobs of others and for those that have not succeeded. */
export function resultOf<Result extends object>(
  { kind, result }: Pick<WholeKind<never, Result>, 'kind' | 'result'>,
  job: JobRecord,
): Result | undefined {
  return job.kind === kind ? result.safeParse(job.result).data : undefined;
}

/** What a job of this kind does with photos. */
export function photoWork<Settings extends object>(
  kind: SplitKind<Settings>,
  job: JobRecord,
  store: WorkStore,
): PhotoWork {
  return kind.photos(kind.settings.parse(job.settings), job, store);
}
