import {
  Arg,
  Args,
  Ctx,
  Field,
  GraphQLISODateTime,
  ID,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import { EkphrasisError, ErrorCode, found } from '../../errors.js';
import type { ImageId } from '../../ids.js';
import type { ImageRecord } from '../../store/images.js';
import { connectionOf, connectionOptions, toContent, toPageRequest } from '../connections.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { Dataset } from '../datasets/dataset.js';
import { fieldsOf } from '../fields-of.js';
import { FilteredPageArguments, toImageFilter } from './filters.js';
import { Split } from './split.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';

@ObjectType({ description: 'A photo of the collection.', implements: Node })
export class Image extends fieldsOf<ImageRecord>() {
  @Field(() => ID)
  declare readonly id: ImageRecord['id'];

  @Field(() => String, { description: "SHA-256 of the photo's bytes, in hexadecimal." })
  declare readonly sha256: ImageRecord['sha256'];

  @Field(() => String, {
    description:
      'The path of the photo on this server, as it was uploaded or lies in a library. Other bytes have another path.',
  })
  get url(): string {
    return `/images/${this.sha256}`;
  }

  @Field(() => String, { nullable: true, description: 'What another program calls the photo. setExternalId sets it.' })
  declare readonly externalId: ImageRecord['externalId'];

  @Field(() => String, { description: "The file's name." })
  declare readonly name: ImageRecord['name'];

  @Field(() => String, { description: 'Such as image/jpeg.' })
  declare readonly mediaType: ImageRecord['mediaType'];

  @Field(() => Int, { description: 'In pixels, of the upright photo.' })
  declare readonly width: ImageRecord['width'];

  @Field(() => Int, { description: 'In pixels, of the upright photo.' })
  declare readonly height: ImageRecord['height'];

  @Field(() => Int)
  declare readonly byteSize: ImageRecord['byteSize'];

  @Field(() => [Dataset], {
    complexity: times(2),
    description: 'The data sets it belongs to, oldest first. Empty for an upload.',
  })
  async datasets(@Ctx() { loaders }: ApiContext): Promise<Dataset[]> {
    return (await loaders.datasetsOf.load(this.id)).map((record) => new Dataset(record));
  }

  @Field(() => String, { nullable: true, description: 'The name of the first of `datasets`. Null for an upload.' })
  async dataset(@Ctx() { loaders }: ApiContext): Promise<string | undefined> {
    return (await loaders.datasetsOf.load(this.id))[0]?.name;
  }

  @Field(() => Split, {
    nullable: true,
    description: 'The split of the photo. If its data sets differ, test comes before dev, and dev before train.',
  })
  declare readonly split: ImageRecord['split'];

  @Field(() => GraphQLISODateTime)
  declare readonly createdAt: ImageRecord['createdAt'];
}

const ImageOrder = { ADDED: 'added', TAKEN: 'takenAt', RATED: 'rating' } as const;
registerEnumType(ImageOrder, {
  name: 'ImageOrder',
  valuesConfig: {
    ADDED: { description: 'Those that were added last come first.' },
    TAKEN: { description: 'Those that were taken last come first. Photos whose files do not say come at the end.' },
    RATED: { description: 'The best rated come first. Photos whose files do not say come at the end.' },
  },
});

const ImageConnection = connectionOf('Image', () => Image);

/** @throws NOT_FOUND for one that was deleted since it was found */
export async function loadImage(id: ImageId, { loaders }: ApiContext): Promise<Image> {
  const record = await loaders.images.load(id);
  if (!record) throw new EkphrasisError(ErrorCode.NotFound, `The image ${id} was deleted meanwhile.`);
  return new Image(record);
}

@Resolver()
export class ImageResolver {
  @Needs('read')
  @Query(() => Image, { nullable: true, description: 'The photo with this id. Errors: NOT_FOUND.' })
  async image(@Arg('id', () => ID) id: string, @Ctx() { loaders }: ApiContext): Promise<Image> {
    return new Image(found(await loaders.images.load(id as ImageId), `image ${id}`));
  }

  @Needs('read')
  @Query(() => ImageConnection, {
    ...connectionOptions,
    description:
      'The photos of the collection, newest first unless `orderBy` says otherwise. Photos that are added while a client reads the list appear ' +
      'before its beginning.',
  })
  async images(
    @Args(() => FilteredPageArguments) args: FilteredPageArguments,
    @Arg('orderBy', () => ImageOrder, { defaultValue: ImageOrder.ADDED })
    orderBy: (typeof ImageOrder)[keyof typeof ImageOrder],
    @Ctx() { services }: ApiContext,
  ) {
    const { images } = services.store;
    const filter = await toImageFilter(args, services);
    const request = toPageRequest<ImageId>(args);
    const page = await (orderBy === 'added'
      ? images.list(request, filter)
      : images.listByFile(orderBy, request, filter));
    return new ImageConnection(
      toContent(
        page,
        (record) => new Image(record),
        () => images.count(filter),
      ),
    );
  }
}
