/** The GraphQL schema, made of the operations below; the types that they return come with them. */
import { createPubSub } from '@graphql-yoga/subscription';
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { ApiKeyResolver } from './access/api-keys.js';
import { ViewerResolver } from './access/viewer.js';
import { AltTextResolver } from './alt-texts/alt-text.js';
import { CheckAltTextResolver } from './alt-texts/check.js';
import { DecideAltTextsResolver } from './alt-texts/decide.js';
import { AltTextQueueResolver } from './alt-texts/queue.js';
import { CandidatesOfImageResolver } from './captions/candidates.js';
import { CaptionImageResolver } from './captions/caption-image.js';
import { CaptionsOfImageResolver } from './captions/caption.js';
import { PeopleCaptionResolver } from './captions/people-captions.js';
import { RatingResolver } from './captions/ratings.js';
import { DatasetResolver } from './datasets/dataset.js';
import { DeleteDatasetResolver } from './datasets/delete-dataset.js';
import { ImportResolver } from './datasets/import.js';
import { ComparisonResolver } from './evaluation/comparison.js';
import { EvaluateCaptionsResolver } from './evaluation/evaluate-captions.js';
import { EvaluateModelResolver } from './evaluation/evaluate-model.js';
import { EvaluatedCaptionsResolver } from './evaluation/evaluated-captions.js';
import { ReportResolver } from './evaluation/report.js';
import { SamplesResolver } from './evaluation/samples.js';
import { DeleteImagesResolver } from './images/delete-images.js';
import { ExportXmpResolver } from './images/export-xmp.js';
import { RefreshMetadataResolver } from './images/refresh-metadata.js';
import { ExternalIdResolver } from './images/external-id.js';
import { ImageResolver } from './images/image.js';
import { MetadataResolver } from './images/metadata.js';
import { DeadJobsResolver } from './jobs/dead-jobs.js';
import { WorkersResolver } from './jobs/workers.js';
import { JobResolver } from './jobs/job.js';
import { StartJobsResolver } from './jobs/start-jobs.js';
import { ChangeLibraryResolver } from './libraries/change-library.js';
import { FilesOfImageResolver } from './libraries/files-of-image.js';
import { LibraryResolver } from './libraries/library.js';
import { ScanReportResolver } from './libraries/scan-report.js';
import { DeleteModelResolver } from './models/delete-model.js';
import { ImportModelResolver } from './models/import-model.js';
import { ModelResolver } from './models/model.js';
import { NodeResolver } from './nodes/nodes.js';
import { DuplicatesResolver } from './search/duplicates.js';
import { RecommendationResolver } from './search/recommendations.js';
import { SearchImagesResolver } from './search/search-images.js';
import { SimilarImagesResolver } from './search/similar-images.js';
import { TrashResolver } from './trash/trash.js';
import { CorrectionsResolver } from './trainings/corrections.js';
import { TrainingControlResolver } from './trainings/control.js';
import { TrainingProgressResolver } from './trainings/progress.js';
import { TrainingDataResolver } from './trainings/training-data.js';
import { StartTrainingResolver } from './trainings/start-training.js';
import { TrainingJobResolver } from './trainings/training-job.js';
import { WebhookDeliveryResolver } from './webhooks/delivery.js';
import { WebhookResolver } from './webhooks/webhook.js';

export const RESOLVERS = [
  NodeResolver,
  ImageResolver,
  ExternalIdResolver,
  MetadataResolver,
  ExportXmpResolver,
  RefreshMetadataResolver,
  DeleteImagesResolver,
  TrashResolver,
  CaptionsOfImageResolver,
  CaptionImageResolver,
  CandidatesOfImageResolver,
  AltTextResolver,
  AltTextQueueResolver,
  CheckAltTextResolver,
  DecideAltTextsResolver,
  RatingResolver,
  PeopleCaptionResolver,
  SearchImagesResolver,
  SimilarImagesResolver,
  DuplicatesResolver,
  RecommendationResolver,
  DatasetResolver,
  ImportResolver,
  DeleteDatasetResolver,
  LibraryResolver,
  ChangeLibraryResolver,
  ScanReportResolver,
  FilesOfImageResolver,
  ModelResolver,
  DeleteModelResolver,
  TrainingJobResolver,
  StartTrainingResolver,
  CorrectionsResolver,
  TrainingDataResolver,
  TrainingControlResolver,
  TrainingProgressResolver,
  ReportResolver,
  EvaluatedCaptionsResolver,
  SamplesResolver,
  ComparisonResolver,
  EvaluateModelResolver,
  EvaluateCaptionsResolver,
  ImportModelResolver,
  JobResolver,
  StartJobsResolver,
  DeadJobsResolver,
  WorkersResolver,
  ViewerResolver,
  ApiKeyResolver,
  WebhookResolver,
  WebhookDeliveryResolver,
] as const;

export function createSchema(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: RESOLVERS,
    // The services check what they are given, with messages for people.
    validate: false,
    // Decorators state every default; an initial value of a class is not one.
    disableInferringDefaultValues: true,
    // Asked for wherever there is a subscription; ours bring their own streams.
    pubSub: createPubSub(),
  });
}

/** The text of `schema.graphql`. */
export async function printApiSchema(): Promise<string> {
  return `${printSchema(lexicographicSortSchema(await createSchema()))}\n`;
}
