import type { FileUpload } from 'graphql-upload/GraphQLUpload.mjs';
import { Arg, Args, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ImageId } from '../../ids.js';
import { MOST_EXAMPLES } from '../../search/similar-images.js';
import type { ApiContext } from '../context.js';
import { FilteredPageArguments, ImageFilterArguments, toImageFilter } from '../image-filters.js';
import { timesFirst } from '../limits.js';
import { connectionOptions, FIRST } from '../pages.js';
import type { SimilarQuery } from '../services.js';
import { AltText } from '../types/alt-text.js';
import { Recommendation, SimilarImage, SimilarImageConnection, WeightedImage } from '../types/likeness.js';
import { readUpload, Upload } from '../uploads.js';

@Resolver()
export class LikenessResolver {
  @Query(() => SimilarImageConnection, {
    ...connectionOptions,
    description:
      'The photos that look most like a photo of the collection (`imageId`), like one that is sent along and not stored (`upload`: ' +
      'a query of a multipart request, whose next pages send it again), or like some and unlike others (`like`), the most similar ' +
      'first, without those that were asked for. Photos added while the list is read neither repeat nor skip others: they show up ' +
      'where they belong behind what was read. Errors: NOT_FOUND, ENCODER_MISMATCH, BAD_USER_INPUT; for an upload INVALID_IMAGE, ' +
      'IMAGE_TOO_LARGE, WEIGHTS_UNAVAILABLE, PROCESS_FAILED.',
  })
  async similarImages(
    @Arg('imageId', () => ID, { nullable: true }) imageId: string | null | undefined,
    @Arg('upload', () => Upload, { nullable: true, description: 'A file of a multipart request.' })
    upload: Promise<FileUpload> | null | undefined,
    @Arg('like', () => [WeightedImage], { nullable: true, description: `At most ${MOST_EXAMPLES}, one of them at least with a weight above 0.` })
    like: WeightedImage[] | null | undefined,
    @Args(() => FilteredPageArguments) args: FilteredPageArguments,
    @Ctx() { services, uploads }: ApiContext,
  ) {
    const request = { limit: args.first, after: args.after ?? undefined, filter: await toImageFilter(args, services.store) };
    const search = async (query: SimilarQuery) => {
      const { hits, hasNext, count } = await services.similarImages(query, request);
      const edges = hits.map((hit) => ({ cursor: hit.cursor, node: new SimilarImage(hit) }));
      return new SimilarImageConnection({ edges, hasNext, hasPrevious: args.after != null, count });
    };
    if ([imageId, upload, like].filter((given) => given != null).length !== 1) {
      throw new EkphrasisError(ErrorCode.BadInput, 'Say what is to be looked like by one of imageId, upload and like.');
    }
    if (upload != null) return uploads(async () => search({ photo: await readUpload(upload, services.config.limits.maximumBytes) }));
    return search({ images: like ?? [{ imageId: imageId as ImageId, weight: 1 }] });
  }

  @Query(() => [Recommendation], {
    complexity: timesFirst,
    description:
      'Photos like those somebody liked, without those, without near-duplicates, and not all alike (maximal marginal relevance). ' +
      'Errors: NOT_FOUND, ENCODER_MISMATCH, BAD_USER_INPUT.',
  })
  async recommendations(
    @Arg('forImageIds', () => [ID], { description: `What was liked: 1 to ${MOST_EXAMPLES} photos.` }) forImageIds: string[],
    @Arg('first', () => Int, FIRST) first: number,
    @Args(() => ImageFilterArguments) filter: ImageFilterArguments,
    @Ctx() { services }: ApiContext,
  ): Promise<Recommendation[]> {
    const request = { forImageIds: forImageIds as ImageId[], limit: first, filter: await toImageFilter(filter, services.store) };
    return (await services.recommendations(request)).map((record) => new Recommendation(record));
  }

  @Query(() => AltText, {
    description:
      "What stands in place of a photo for who cannot see it: a person's caption where there is one, else a model's, which is written " +
      'now where it has not been. /alt/<sha256> gives the same over HTTP. Errors: NOT_FOUND, NO_MODEL, ENCODER_MISMATCH, ' +
      'WEIGHTS_UNAVAILABLE, PROCESS_FAILED.',
  })
  async altText(@Arg('imageId', () => ID) imageId: string, @Ctx() { services }: ApiContext): Promise<AltText> {
    return new AltText(await services.altText(imageId as ImageId));
  }
}
