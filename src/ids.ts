/** Branded identifiers: an image's id cannot be handed where a model's is wanted. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type ImageId = Branded<'ImageId'>;
export type DatasetId = Branded<'DatasetId'>;
export type LibraryId = Branded<'LibraryId'>;
export type ModelId = Branded<'ModelId'>;
export type TrainingJobId = Branded<'TrainingJobId'>;
export type JobId = Branded<'JobId'>;
export type JobPartId = Branded<'JobPartId'>;
export type EvaluationId = Branded<'EvaluationId'>;
export type ReferenceCaptionId = Branded<'ReferenceCaptionId'>;
export type GeneratedCaptionId = Branded<'GeneratedCaptionId'>;
export type RatingId = Branded<'RatingId'>;
export type ApiKeyId = Branded<'ApiKeyId'>;
export type WebhookId = Branded<'WebhookId'>;
export type WebhookDeliveryId = Branded<'WebhookDeliveryId'>;
export type WorkerId = Branded<'WorkerId'>;
export type TrashId = Branded<'TrashId'>;
/** Lower-case hexadecimal SHA-256 of an image's bytes. */
export type Sha256 = Branded<'Sha256'>;
/**
 * Names what turned a photo into numbers: weights hash, precision and preprocessing, such as
 * `vgg16-int8-40acdda7-fill224`.
 */
export type EncoderId = Branded<'EncoderId'>;
