import { Arg, Args, Ctx, Field, Float, ID, InputType, ObjectType, Query, Resolver } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ImageId } from '../../ids.js';
import { MOST_EXAMPLES, type SimilarHit } from '../../search/similar-images.js';
import { connectionOf, toPart } from '../connections.js';
import { PRICES, timesFirstAfter } from '../costs.js';
import type { ApiContext } from '../context.js';
import { fieldsOf } from '../fields-of.js';
import { FilteredPageArguments, toImageFilter } from '../images/filters.js';
import { Image, loadImage } from '../images/image.js';
import { Upload, type UploadedFile } from '../server/uploads.js';
import type { SimilarQuery } from '../services.js';
import { Needs } from '../scopes.js';

@InputType({ description: 'A photo of the collection, and how much it counts.' })
class WeightedImage {
  @Field(() => ID)
  readonly imageId: ImageId = '' as ImageId;

  @Field(() => Float, {
    defaultValue: 1,
    description: 'From -100 to 100: above 0 for photos like it, below 0 for photos unlike it.',
  })
  readonly weight: number = 1;
}

@ObjectType({ description: 'A photo that looks like another.' })
class SimilarImage extends fieldsOf<SimilarHit>() {
  @Field(() => Image)
  image(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.imageId, context);
  }

  @Field(() => Float, { description: 'The cosine similarity of its VGG16 features with the query, -1 to 1.' })
  declare readonly similarity: SimilarHit['similarity'];

  @Field(() => Boolean, {
    description:
      'Whether it is, as far as VGG16 can tell, the same picture as a given photo: resized, compressed, slightly ' +
      'cropped or mirrored.',
  })
  get nearDuplicate(): boolean {
    return this.isNearDuplicate;
  }
}

const SimilarImageConnection = connectionOf('SimilarImage', () => SimilarImage);

@Resolver()
export class SimilarImagesResolver {
  @Needs('read')
  @Query(() => SimilarImageConnection, {
    complexity: (asked) => timesFirstAfter(asked.args['upload'] == null ? PRICES.similar : PRICES.seePhoto)(asked),
    description:
      'Finds the photos that look most like a photo of the collection (`imageId`), like an uploaded photo, which is ' +
      'not stored ' +
      '(`upload`, which each page sends again and which needs the scope CAPTION), or like some photos and unlike others (`like`). The most similar ' +
      'come first, without ' +
      'the given photos. Photos that are added meanwhile neither repeat nor skip others: they appear at their place ' +
      'in the ranking, ' +
      'on later pages. Errors: NOT_FOUND, ENCODER_MISMATCH, BAD_USER_INPUT; for an upload INVALID_IMAGE, ' +
      'IMAGE_TOO_LARGE, WEIGHTS_UNAVAILABLE, PROCESS_FAILED.',
  })
  async similarImages(
    @Arg('imageId', () => ID, { nullable: true }) imageId: string | null | undefined,
    @Arg('upload', () => Upload, { nullable: true, description: 'A file of a multipart request.' })
    upload: UploadedFile | null | undefined,
    @Arg('like', () => [WeightedImage], {
      nullable: true,
      description: `At most ${MOST_EXAMPLES} photos, at least one of them with a weight above 0.`,
    })
    like: WeightedImage[] | null | undefined,
    @Args(() => FilteredPageArguments) args: FilteredPageArguments,
    @Ctx() { services, uploads }: ApiContext,
  ) {
    const request = { ...toPart(args), filter: await toImageFilter(args, services) };
    const search = async (query: SimilarQuery) => {
      const { hits, ...list } = await services.similarImages(query, request);
      const edges = hits.map((hit) => ({ cursor: hit.cursor, node: new SimilarImage(hit) }));
      return new SimilarImageConnection({ edges, ...list });
    };
    if ([imageId, upload, like].filter((given) => given != null).length !== 1) {
      throw new EkphrasisError(ErrorCode.BadInput, 'Say what is to be looked like by one of imageId, upload and like.');
    }
    if (upload != null) return uploads.read(upload, (photo) => search({ photo }));
    return search({ images: like ?? [{ imageId: imageId as ImageId, weight: 1 }] });
  }
}
