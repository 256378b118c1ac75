import { Arg, Ctx, Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql';
import { writtenAltText } from '../../collection/alt-text.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ImageId, ModelId } from '../../ids.js';
import { findModelOrCurrent } from '../../jobs/models.js';
import type { ImageRecord } from '../../store/images.js';
import { candidatesOptions, checkCandidates, FIRST_CANDIDATES } from '../candidates.js';
import type { ApiContext } from '../context.js';
import { times } from '../limits.js';
import { connectionOf } from '../pages.js';
import { AltText } from './alt-text.js';
import { CaptionCandidate, GeneratedCaption, ReferenceCaption } from './caption.js';
import { Dataset } from './dataset.js';
import { Split } from './enums.js';

@ObjectType({ description: 'A photo of the collection.' })
export class Image {
  constructor(private readonly record: ImageRecord) {}

  @Field(() => ID)
  get id(): string {
    return this.record.id;
  }

  @Field(() => String, { description: "SHA-256 of the photo's bytes, in hexadecimal." })
  get sha256(): string {
    return this.record.sha256;
  }

  @Field(() => String, { description: 'Path on this server where the photo itself is, as it was uploaded. It never changes.' })
  get url(): string {
    return `/images/${this.record.sha256}`;
  }

  @Field(() => String, { description: "The file's name." })
  get name(): string {
    return this.record.name;
  }

  @Field(() => String, { description: 'Such as image/jpeg.' })
  get mediaType(): string {
    return this.record.mediaType;
  }

  @Field(() => Int, { description: 'In pixels, upright.' })
  get width(): number {
    return this.record.width;
  }

  @Field(() => Int, { description: 'In pixels, upright.' })
  get height(): number {
    return this.record.height;
  }

  @Field(() => Int)
  get byteSize(): number {
    return this.record.byteSize;
  }

  @Field(() => [Dataset], { complexity: times(2), description: 'The data sets it belongs to, oldest first; none for an upload.' })
  async datasets(@Ctx() { loaders }: ApiContext): Promise<Dataset[]> {
    return (await loaders.datasetsOf.load(this.record.id)).map((record) => new Dataset(record));
  }

  @Field(() => String, { nullable: true, description: 'Name of the first of `datasets`; null for an upload.' })
  async dataset(@Ctx() { loaders }: ApiContext): Promise<string | undefined> {
    return (await loaders.datasetsOf.load(this.record.id))[0]?.name;
  }

  @Field(() => Split, { nullable: true, description: 'The most held-out one of its data sets: test before dev before train.' })
  get split(): string | null {
    return this.record.split;
  }

  @Field(() => GraphQLISODateTime)
  get createdAt(): Date {
    return this.record.createdAt;
  }

  @Field(() => [ReferenceCaption], { complexity: times(5), description: 'Sentences of people: of a data set, or given here.' })
  async referenceCaptions(@Ctx() { loaders }: ApiContext): Promise<ReferenceCaption[]> {
    return (await loaders.references.load(this.record.id)).map((record) => new ReferenceCaption(record));
  }

  @Field(() => [GeneratedCaption], { complexity: times(3), description: 'Sentences models wrote, one of each model, newest first.' })
  async generatedCaptions(@Ctx() { loaders }: ApiContext): Promise<GeneratedCaption[]> {
    return (await loaders.generated.load(this.record.id)).map((record) => new GeneratedCaption(record));
  }

  @Field(() => AltText, {
    nullable: true,
    complexity: 5,
    description: 'As the query altText, of what is written: null where nobody has captioned the photo yet.',
  })
  async altText(@Ctx() { loaders }: ApiContext): Promise<AltText | undefined> {
    const { id } = this.record;
    const [references, generated, current] = await Promise.all([loaders.references.load(id), loaders.generated.load(id), loaders.currentModel()]);
    const written = writtenAltText(references, generated, current?.id);
    return written && new AltText(written);
  }

  @Field(() => [CaptionCandidate], {
    ...candidatesOptions,
    description:
      'What a model could write for the photo, the likeliest first. It is computed, and not kept: see chooseCaption. ' +
      'Errors: NOT_FOUND, NO_MODEL, ENCODER_MISMATCH.',
  })
  async candidates(
    @Arg('first', () => Int, FIRST_CANDIDATES) first: number,
    @Arg('modelId', () => ID, { nullable: true, description: 'The current model without.' }) modelId: string | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<CaptionCandidate[]> {
    checkCandidates(first);
    const model = await findModelOrCurrent(services.store, (modelId ?? undefined) as ModelId | undefined);
    const candidates = await services.captionCandidates(this.record.id, model);
    return candidates.slice(0, first).map((caption) => new CaptionCandidate(caption));
  }
}

export const ImageConnection = connectionOf('Image', () => Image);

/** @throws NOT_FOUND for one that was deleted since it was found */
export async function loadImage(id: ImageId, { loaders }: ApiContext): Promise<Image> {
  const record = await loaders.images.load(id);
  if (!record) throw new EkphrasisError(ErrorCode.NotFound, `The image ${id} was deleted during the search.`);
  return new Image(record);
}
