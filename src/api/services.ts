/**
 * What the API needs of the rest of the program. The application gives it. Whatever reads, writes or takes long is
 * called by way of it: what else the API imports of other rooms are types, tables, and functions that check an argument
 * or shape a record.
 */
import type { Logger } from 'pino';
import type { Authenticator } from '../access/authenticator.js';
import type { ApiKeys } from '../access/keys.js';
import type { Caption } from '../captioner/captioner.js';
import type { AdoptedCaptions } from '../collection/adopt-captions.js';
import type { AltText, AltTextEntry } from '../collection/alt-text.js';
import type { AltTextResult, SeenImage, SeenText } from '../collection/alt-text-decisions.js';
import type { AltTextPage, AltTextRequest } from '../collection/alt-text-queue.js';
import type { AltTextViewCounter } from '../collection/alt-text-views.js';
import type { CaptionedOnce } from '../collection/caption-once.js';
import type { CaptionedPhoto, CaptionWish, StoredCaptionWish } from '../collection/caption-photo.js';
import type { CaptionSample, SampleRequest } from '../collection/caption-samples.js';
import type { Photo } from '../collection/context.js';
import type { Choice, Correction, GivenRating } from '../collection/people-captions.js';
import type { ThumbnailWidth } from '../collection/thumbnails.js';
import type { Config } from '../config.js';
import type { Deletions } from '../deletion/deletions.js';
import type { Trash } from '../deletion/trash.js';
import type { CaptionsRequest, MeasuredCaptions } from '../evaluation/evaluate-captions.js';
import type { EvaluatedModel } from '../evaluation/evaluate-model.js';
import type { ModelReport, ReportRequest } from '../evaluation/find-report.js';
import type { AltTextActionId, DatasetId, ImageId, ModelId, ReferenceCaptionId, Sha256 } from '../ids.js';
import type { ImageFilter } from '../store/image-filter.js';
import type { Jobs } from '../jobs/jobs.js';
import type { Libraries } from '../libraries/libraries.js';
import type { CaptionField } from '../metadata/file-metadata.js';
import type { ModelFile } from '../models/exported-model.js';
import type { ImportedModel } from '../models/import-model.js';
import type { Measures } from '../monitoring/measures.js';
import type { Readiness } from '../monitoring/readiness.js';
import type { Workers } from '../queue/workers.js';
import type { Recommendation, RecommendationRequest } from '../search/recommendations.js';
import type { SearchRequest, SearchResult } from '../search/search-images.js';
import type { DuplicateGroups, findDuplicates } from '../search/duplicates.js';
import type { SimilarRequest, SimilarResult, WeightedImage } from '../search/similar-images.js';
import type { Split } from '../splits.js';
import type { Decider } from '../store/alt-text-decisions.js';
import type { ReferenceCaptionRecord } from '../store/captions.js';
import type { ImageRecord } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import type { RatingRecord } from '../store/ratings.js';
import type { Store } from '../store/store.js';
import type { DataFingerprint } from '../training/data-fingerprint.js';
import type { TrainingJobs } from '../trainings/training-jobs.js';
import type { Webhooks } from '../webhooks/webhooks.js';

export interface EvaluationRequest {
  readonly split: Split;
  readonly modelId: ModelId;
  readonly dataset?: DatasetId | undefined;
}

/** What is to be looked like: stored photos, or one that is not stored and will not be. */
export type SimilarQuery = { readonly images: readonly WeightedImage[] } | { readonly photo: Photo };

export interface Services {
  readonly config: Pick<Config, 'dataDirectory' | 'host' | 'port' | 'allowedHosts' | 'explorer' | 'access' | 'limits'>;
  readonly log: Logger;
  readonly store: Pick<
    Store,
    | 'images'
    | 'externalIds'
    | 'idempotentAnswers'
    | 'locks'
    | 'datasets'
    | 'datasetPhotos'
    | 'libraries'
    | 'libraryFiles'
    | 'captions'
    | 'fileMetadata'
    | 'altTextDecisions'
    | 'altTextQueue'
    | 'ratings'
    | 'models'
    | 'trainingJobs'
    | 'jobs'
    | 'ownersOfIds'
    | 'webhookDeliveries'
    | 'readCollection'
    | 'space'
  >;
  readonly training: Pick<TrainingJobs, 'start' | 'find' | 'pause' | 'resume' | 'cancel' | 'progress' | 'corrections'>;
  readonly jobs: Pick<
    Jobs,
    | 'embed'
    | 'reindex'
    | 'caption'
    | 'importForClient'
    | 'previewForClient'
    | 'scanLibrary'
    | 'exportXmpForClient'
    | 'refreshMetadata'
    | 'find'
    | 'cancel'
    | 'retry'
    | 'deadLetters'
    | 'progress'
  >;
  readonly keys: Pick<ApiKeys, 'create' | 'list' | 'revoke'>;
  readonly authenticator: Pick<Authenticator, 'checkOpening' | 'authenticate' | 'lapsed'>;
  /** Whether what this process needs works. */
  readonly readiness: Pick<Readiness, 'report'>;
  readonly measures: Measures;
  /** Tells commands of this machine where the server is, until the function is called that it returns. */
  publish(url: string): Promise<() => Promise<void>>;
  /** The processes that live. */
  readonly workers: Pick<Workers, 'announce' | 'list'>;
  readonly trash: Pick<Trash, 'list' | 'restore' | 'empty'>;
  readonly webhooks: Pick<Webhooks, 'list' | 'create' | 'update' | 'rotateSecret' | 'remove' | 'test' | 'redeliver'>;
  readonly libraries: Pick<Libraries, 'addForClient' | 'update' | 'tell'>;
  readonly deletions: Pick<Deletions, 'deleteImages' | 'deleteModel' | 'deleteDataset' | 'removeLibrary'>;
  /**
   * @throws INVALID_IMAGE, IMAGE_TOO_LARGE, NO_MODEL, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE, STORAGE_FAILED,
   *   PROCESS_FAILED; BAD_USER_INPUT for a language that no model writes; CONFLICT for a photo with another external id
   */
  captionPhoto(photo: Photo, wish?: StoredCaptionWish): Promise<CaptionedPhoto>;
  /**
   * The bytes of a photo at an address.
   *
   * @throws URL_REFUSED, URL_UNREACHABLE, IMAGE_TOO_LARGE
   */
  fetchPhoto(url: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** Keeps nothing of the photo. @throws what `captionPhoto` throws of photos and models */
  captionOnce(photo: Photo, wish: CaptionWish): Promise<CaptionedOnce>;
  /** Those that models here write, the current model's first. @throws NO_MODEL, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE */
  captionLanguages(): Promise<string[]>;
  /** @throws NOT_FOUND, BAD_USER_INPUT, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE, STORAGE_FAILED, PROCESS_FAILED */
  useModel(id: ModelId): Promise<ModelRecord>;
  /** @throws NOT_FOUND, BAD_USER_INPUT, INVALID_CHECKPOINT, NO_MODEL, STORAGE_FAILED */
  readModel(id: ModelId): Promise<ModelFile>;
  /** @throws INVALID_CHECKPOINT, WEIGHTS_UNAVAILABLE, STORAGE_FAILED, PROCESS_FAILED */
  importModel(given: ReadonlyMap<string, Uint8Array> | Uint8Array, name?: string): Promise<ImportedModel>;
  /**
   * A WebP file; undefined when the photo was deleted.
   *
   * @throws PHOTO_MISSING, INVALID_IMAGE, IMAGE_TOO_LARGE, STORAGE_FAILED
   */
  thumbnail(image: ImageRecord, width: ThumbnailWidth): Promise<Uint8Array | undefined>;
  /**
   * The captioner of this id. Default: the current one.
   *
   * @throws NOT_FOUND; BAD_USER_INPUT for a search model; NO_MODEL
   */
  findCaptioner(id?: ModelId): Promise<ModelRecord>;
  /** See `trainingDataNow`. @throws NOT_FOUND, BAD_USER_INPUT */
  trainingDataNow(dataset: string | undefined): Promise<DataFingerprint>;
  /** The data set that photos are of, in words. @param id null for all, undefined where it is not known */
  datasetInWords(id: DatasetId | null | undefined): Promise<string>;
  /** @throws BAD_USER_INPUT, and what `captionPhoto` throws of models */
  captionSamples(request: SampleRequest): Promise<CaptionSample[]>;
  /**
   * What a model's beam search ends with for a photo, best first.
   *
   * @throws NOT_FOUND, ENCODER_MISMATCH, PROCESS_FAILED
   */
  captionCandidates(imageId: ImageId, model: ModelRecord): Promise<readonly Caption[]>;
  /** @throws BAD_USER_INPUT, and what `captionCandidates` throws */
  chooseCaption(choice: Choice): Promise<ReferenceCaptionRecord>;
  /** @throws NOT_FOUND, BAD_USER_INPUT */
  correctCaption(correction: Correction): Promise<ReferenceCaptionRecord>;
  /** @throws NOT_FOUND */
  removeCaption(id: ReferenceCaptionId): Promise<void>;
  /** @param photos their ids, or the data set whose photos they are */
  adoptFileCaptions(
    photos: { readonly imageIds: readonly ImageId[] } | ImageFilter,
    field?: CaptionField,
  ): Promise<AdoptedCaptions>;
  /** @throws NOT_FOUND, BAD_USER_INPUT */
  rateCaption(rating: GivenRating): Promise<RatingRecord>;
  /** @throws BAD_USER_INPUT, NO_MODEL */
  searchImages(request: SearchRequest): Promise<SearchResult>;
  /**
   * @throws NOT_FOUND, ENCODER_MISMATCH, BAD_USER_INPUT; for a photo INVALID_IMAGE, IMAGE_TOO_LARGE,
   *   WEIGHTS_UNAVAILABLE, PROCESS_FAILED
   */
  similarImages(query: SimilarQuery, request: Omit<SimilarRequest, 'like'>): Promise<SimilarResult>;
  /** @throws BAD_USER_INPUT */
  duplicates(request: Parameters<typeof findDuplicates>[0]): Promise<DuplicateGroups>;
  /** @throws NOT_FOUND, ENCODER_MISMATCH, BAD_USER_INPUT */
  recommendations(request: RecommendationRequest): Promise<Recommendation[]>;
  /** @throws NOT_FOUND, BAD_USER_INPUT; CONFLICT where another photo has it */
  setExternalId(imageId: ImageId, externalId: string | null): Promise<ImageRecord>;
  /** @throws NOT_FOUND, BAD_USER_INPUT */
  altText(imageId: ImageId, language?: string): Promise<AltText | undefined>;
  /** @throws BAD_USER_INPUT */
  altTextEntries(imageIds: readonly ImageId[], language?: string): Promise<AltTextEntry[]>;
  /** @throws BAD_USER_INPUT */
  altTextsOfFiles(sha256s: readonly Sha256[], language?: string): Promise<(AltTextEntry | undefined)[]>;
  /** @throws BAD_USER_INPUT */
  altTextQueue(request: AltTextRequest): Promise<AltTextPage>;
  /** @throws BAD_USER_INPUT */
  approveAltTexts(texts: readonly SeenText[], language: string | undefined, by: Decider): Promise<AltTextResult>;
  /** @throws BAD_USER_INPUT, NOT_FOUND, CONFLICT */
  editAltText(text: SeenText, language: string | undefined, by: Decider): Promise<AltTextResult>;
  /** @throws BAD_USER_INPUT */
  markDecorative(
    images: readonly SeenImage[],
    decorative: boolean,
    language: string | undefined,
    by: Decider,
  ): Promise<AltTextResult>;
  /** @throws BAD_USER_INPUT */
  rejectAltTexts(texts: readonly SeenText[], language: string | undefined, by: Decider): Promise<AltTextResult>;
  /** @throws BAD_USER_INPUT, NOT_FOUND */
  undoAltText(actionId: AltTextActionId, of: readonly ImageId[] | undefined, by: Decider): Promise<AltTextResult>;
  /** Told that a site has asked for a photo's text. */
  readonly altTextViews: Pick<AltTextViewCounter, 'count'>;
  /** @throws NOT_FOUND, INVALID_DATASET, ENCODER_MISMATCH */
  evaluate(
    request: EvaluationRequest,
    onProgress?: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<EvaluatedModel>;
  /** @throws INVALID_DATASET, NOT_FOUND */
  evaluateCaptions(request: CaptionsRequest): Promise<MeasuredCaptions>;
  /** @throws NOT_FOUND, NO_MODEL */
  findReport(request: ReportRequest): Promise<ModelReport>;
}
