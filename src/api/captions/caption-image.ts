import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { CaptionedPhoto } from '../../collection/caption-photo.js';
import type { ApiContext } from '../context.js';
import { PRICES } from '../costs.js';
import { Image } from '../images/image.js';
import { Model } from '../models/model.js';
import { ACCEPTED_FORMATS } from '../../vision/file-format.js';
import { Upload, type UploadedFile } from '../server/uploads.js';
import { CaptionCandidate, candidatesOptions, FIRST_CANDIDATES, firstCandidates } from './candidates.js';
import { GeneratedCaption, WrittenCaption } from './caption.js';
import { Needs } from '../scopes.js';

@ObjectType({ description: 'An uploaded photo with its caption.' })
class CaptionedImage extends WrittenCaption {
  constructor(private readonly photo: CaptionedPhoto) {
    super(photo.caption);
  }

  @Field(() => ID, { description: "The image's id." })
  get id(): string {
    return this.photo.image.id;
  }

  @Field(() => String, { description: 'The caption.' })
  declare readonly text: string;

  @Field(() => GeneratedCaption, { description: 'The stored caption; rateCaption needs its id.' })
  get caption(): GeneratedCaption {
    return new GeneratedCaption(this.photo.caption);
  }

  @Needs('caption')
  @Field(() => [CaptionCandidate], {
    ...candidatesOptions,
    description: 'The caption and others that the model could write, the likeliest first.',
  })
  candidates(
    @Arg('first', () => Int, FIRST_CANDIDATES) first: number,
    @Ctx() { services }: ApiContext,
  ): Promise<CaptionCandidate[]> {
    const { candidates, image, model } = this.photo;
    return firstCandidates(first, async () => candidates ?? services.captionCandidates(image.id, model));
  }

  @Field(() => Boolean, {
    description: 'Whether the same photo was already in the collection. It is not stored again.',
  })
  get duplicate(): boolean {
    return !this.photo.isNew;
  }

  @Field(() => [String], {
    description: 'Remarks about the file, one sentence each, for instance that its end is missing. Usually empty.',
  })
  get notices(): readonly string[] {
    return this.photo.notices;
  }

  @Field(() => Image)
  get image(): Image {
    return new Image(this.photo.image);
  }

  @Field(() => Model, { description: 'The model that wrote the caption.' })
  get model(): Model {
    return new Model(this.photo.model);
  }
}

@Resolver()
export class CaptionImageResolver {
  @Needs('caption')
  @Mutation(() => CaptionedImage, {
    complexity: ({ childComplexity }) => PRICES.captionImage + childComplexity,
    description:
      `Stores a photo (${ACCEPTED_FORMATS}) and writes a caption for it with the current model. A photo that is ` +
      'already in the collection is recognised by its bytes. If the server ends before it has answered, a stored photo ' +
      'gets its caption later. Errors: BAD_USER_INPUT for a file without a usable ' +
      'name, INVALID_IMAGE, IMAGE_TOO_LARGE, NO_MODEL, ENCODER_MISMATCH, ' +
      'WEIGHTS_UNAVAILABLE, STORAGE_FAILED, PROCESS_FAILED.',
  })
  captionImage(
    @Arg('upload', () => Upload, { description: 'A file of a multipart request.' }) upload: UploadedFile,
    @Ctx() { services, uploads }: ApiContext,
  ): Promise<CaptionedImage> {
    return uploads.read(upload, async (photo) => new CaptionedImage(await services.captionPhoto(photo)));
  }
}
