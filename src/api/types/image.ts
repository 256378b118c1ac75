import { GraphQLISODateTime, Field, ID, Int, ObjectType, Ctx } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ImageId } from '../../ids.js';
import type { ImageRecord } from '../../store/images.js';
import type { ApiContext } from '../context.js';
import { times } from '../limits.js';
import { connectionOf } from '../pages.js';
import { GeneratedCaption, ReferenceCaption } from './caption.js';
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

  @Field(() => String, { nullable: true, description: 'The data set it was imported from; null for an upload.' })
  get dataset(): string | null {
    return this.record.dataset;
  }

  @Field(() => Split, { nullable: true })
  get split(): string | null {
    return this.record.split;
  }

  @Field(() => GraphQLISODateTime)
  get createdAt(): Date {
    return this.record.createdAt;
  }

  @Field(() => [ReferenceCaption], { complexity: times(5), description: 'Sentences people wrote.' })
  async referenceCaptions(@Ctx() { loaders }: ApiContext): Promise<ReferenceCaption[]> {
    return (await loaders.references.load(this.record.id)).map((record) => new ReferenceCaption(record));
  }

  @Field(() => [GeneratedCaption], { complexity: times(3), description: 'Sentences models wrote, one of each model, newest first.' })
  async generatedCaptions(@Ctx() { loaders }: ApiContext): Promise<GeneratedCaption[]> {
    return (await loaders.generated.load(this.record.id)).map((record) => new GeneratedCaption(record));
  }
}

export const ImageConnection = connectionOf('Image', () => Image);

/** @throws NOT_FOUND for one that was deleted since it was found */
export async function loadImage(id: ImageId, { loaders }: ApiContext): Promise<Image> {
  const record = await loaders.images.load(id);
  if (!record) throw new EkphrasisError(ErrorCode.NotFound, `The image ${id} was deleted during the search.`);
  return new Image(record);
}
