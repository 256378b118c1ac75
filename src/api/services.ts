/** What the API needs of the rest of the program. The application gives it; resolvers call nothing else. */
import type { Logger } from 'pino';
import type { Caption } from '../captioner/captioner.js';
import type { AltText } from '../collection/alt-text.js';
import type { CaptionedPhoto } from '../collection/caption-photo.js';
import type { Photo } from '../collection/context.js';
import type { Choice } from '../collection/people-captions.js';
import type { ThumbnailWidth } from '../collection/thumbnails.js';
import type { Config } from '../config.js';
import type { DatasetId, ImageId, ModelId } from '../ids.js';
import type { Deletions } from '../jobs/deletions.js';
import type { EvaluatedModel } from '../jobs/evaluate-model.js';
import type { Jobs } from '../jobs/jobs.js';
import type { TrainingJobs } from '../jobs/training-jobs.js';
import type { Recommendation, RecommendationRequest } from '../search/recommendations.js';
import type { SearchRequest, SearchResult } from '../search/search-images.js';
import type { SimilarRequest, SimilarResult, WeightedImage } from '../search/similar-images.js';
import type { GeneratedCaptionRecord, ReferenceCaptionRecord } from '../store/captions.js';
import type { ImageRecord, Split } from '../store/images.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';

export interface EvaluationRequest {
  readonly split: Split;
  readonly modelId: ModelId;
  readonly dataset?: DatasetId | undefined;
}

/** What is to be looked like: stored photos, or one that is not stored and will not be. */
export type SimilarQuery = { readonly images: readonly WeightedImage[] } | { readonly photo: Photo };

export interface Services {
  readonly config: Pick<Config, 'host' | 'port' | 'allowedHosts' | 'explorer' | 'limits'>;
  readonly log: Pick<Logger, 'error' | 'warn' | 'info'>;
  readonly store: Pick<Store, 'images' | 'datasets' | 'datasetPhotos' | 'captions' | 'peopleCaptions' | 'ratings' | 'models' | 'trainingJobs' | 'jobs' | 'evaluations'>;
  readonly training: Pick<TrainingJobs, 'start' | 'find' | 'pause' | 'resume' | 'cancel' | 'progress'>;
  readonly jobs: Pick<
    Jobs,
    'embed' | 'reindex' | 'caption' | 'importForClient' | 'previewForClient' | 'find' | 'cancel' | 'retry' | 'deadLetters' | 'progress'
  >;
  readonly deletions: Pick<Deletions, 'deleteImages' | 'deleteModel' | 'deleteDataset'>;
  /** @throws INVALID_IMAGE, IMAGE_TOO_LARGE, NO_MODEL, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE, STORAGE_FAILED, PROCESS_FAILED */
  captionPhoto(photo: Photo): Promise<CaptionedPhoto>;
  /** @throws NOT_FOUND, BAD_USER_INPUT, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE, STORAGE_FAILED, PROCESS_FAILED */
  useModel(id: ModelId): Promise<ModelRecord>;
  /** A WebP file; undefined when the photo was deleted. @throws INVALID_IMAGE, IMAGE_TOO_LARGE, STORAGE_FAILED */
  thumbnail(image: ImageRecord, width: ThumbnailWidth): Promise<Uint8Array | undefined>;
  /** What a model writes for stored photos, in their order; written now where it has not been. */
  captionStored(imageIds: readonly ImageId[], model: ModelRecord): Promise<GeneratedCaptionRecord[]>;
  /** What a model's beam search ends with for a photo, best first. @throws NOT_FOUND, ENCODER_MISMATCH, PROCESS_FAILED */
  captionCandidates(imageId: ImageId, model: ModelRecord): Promise<readonly Caption[]>;
  /** @throws BAD_USER_INPUT, and what `captionCandidates` throws */
  chooseCaption(choice: Choice): Promise<ReferenceCaptionRecord>;
  /** @throws BAD_USER_INPUT, NO_MODEL */
  searchImages(request: SearchRequest): Promise<SearchResult>;
  /** @throws NOT_FOUND, ENCODER_MISMATCH, BAD_USER_INPUT; for a photo INVALID_IMAGE, IMAGE_TOO_LARGE, WEIGHTS_UNAVAILABLE, PROCESS_FAILED */
  similarImages(query: SimilarQuery, request: Omit<SimilarRequest, 'like'>): Promise<SimilarResult>;
  /** @throws NOT_FOUND, ENCODER_MISMATCH, BAD_USER_INPUT */
  recommendations(request: RecommendationRequest): Promise<Recommendation[]>;
  /** @throws NOT_FOUND; NO_MODEL, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE, PROCESS_FAILED where a caption is to be written */
  altText(imageId: ImageId): Promise<AltText>;
  /** @throws NOT_FOUND, INVALID_DATASET, ENCODER_MISMATCH */
  evaluate(request: EvaluationRequest, onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<EvaluatedModel>;
}
