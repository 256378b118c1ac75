import { Arg, Args, ArgsType, Ctx, Field, ID, Query, Resolver } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ImageId } from '../../ids.js';
import type { Split as SplitName } from '../../store/images.js';
import type { ApiContext } from '../context.js';
import { connectionOptions, PageArguments, toContent, toPageRequest } from '../pages.js';
import { neighboursAfter } from '../neighbours.js';
import { Split } from '../types/enums.js';
import { Image, ImageConnection, SimilarImage, SimilarImageConnection } from '../types/image.js';

@ArgsType()
class ImageListArguments extends PageArguments {
  @Field(() => Split, { nullable: true, description: 'Only photos of this split.' })
  readonly split?: SplitName | null;

  @Field(() => String, { nullable: true, description: 'Only photos of this data set.' })
  readonly dataset?: string | null;
}

@Resolver()
export class ImageResolver {
  @Query(() => Image, { nullable: true, description: 'A photo by its id. Errors: NOT_FOUND.' })
  async image(@Arg('id', () => ID) id: string, @Ctx() { loaders }: ApiContext): Promise<Image> {
    const record = await loaders.images.load(id as ImageId);
    if (!record) throw new EkphrasisError(ErrorCode.NotFound, `There is no image ${id}.`);
    return new Image(record);
  }

  @Query(() => ImageConnection, { ...connectionOptions, description: 'The photos of the collection, newest first.' })
  async images(@Args(() => ImageListArguments) args: ImageListArguments, @Ctx() { services }: ApiContext) {
    const { images } = services.store;
    const filter = { split: args.split ?? undefined, dataset: args.dataset ?? undefined };
    const page = await images.list(toPageRequest<ImageId>(args), filter);
    return new ImageConnection(toContent(page, (record) => new Image(record), () => images.count(filter)));
  }

  @Query(() => SimilarImageConnection, {
    ...connectionOptions,
    description: 'The hundred photos that look most like one, the most similar first. Errors: NOT_FOUND, ENCODER_MISMATCH.',
  })
  async similarImages(
    @Arg('imageId', () => ID) imageId: string,
    @Args(() => PageArguments) args: PageArguments,
    @Ctx() { services, loaders }: ApiContext,
  ) {
    const content = await neighboursAfter(services, imageId as ImageId, args);
    const edges = await Promise.all(
      content.edges.map(async ({ cursor, node: { imageId: id, similarity } }) => {
        const record = await loaders.images.load(id);
        return record ? [{ cursor, node: new SimilarImage(new Image(record), similarity) }] : [];
      }),
    );
    return new SimilarImageConnection({ ...content, edges: edges.flat() });
  }
}
