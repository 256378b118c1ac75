import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ImageId } from '../../ids.js';
import type { ApiContext } from '../context.js';
import { FilteredPageArguments, toImageFilter } from '../image-filters.js';
import { connectionOptions, toContent, toPageRequest } from '../pages.js';
import { Image, ImageConnection } from '../types/image.js';

@Resolver()
export class ImageResolver {
  @Query(() => Image, { nullable: true, description: 'A photo by its id. Errors: NOT_FOUND.' })
  async image(@Arg('id', () => ID) id: string, @Ctx() { loaders }: ApiContext): Promise<Image> {
    const record = await loaders.images.load(id as ImageId);
    if (!record) throw new EkphrasisError(ErrorCode.NotFound, `There is no image ${id}.`);
    return new Image(record);
  }

  @Query(() => ImageConnection, {
    ...connectionOptions,
    description: 'The photos of the collection, newest first. What is added while the list is read stands ahead of it.',
  })
  async images(@Args(() => FilteredPageArguments) args: FilteredPageArguments, @Ctx() { services }: ApiContext) {
    const { images } = services.store;
    const filter = await toImageFilter(args, services.store);
    const page = await images.list(toPageRequest<ImageId>(args), filter);
    return new ImageConnection(toContent(page, (record) => new Image(record), () => images.count(filter)));
  }
}
