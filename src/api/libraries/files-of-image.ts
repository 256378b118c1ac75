/** Where photos lie in libraries. */
import { Ctx, Field, FieldResolver, GraphQLISODateTime, ObjectType, Resolver, Root } from 'type-graphql';
import { found } from '../../errors.js';
import type { PhotoFile } from '../../store/library-files.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { Image } from '../images/image.js';
import { Library } from './library.js';

@ObjectType({ description: 'A file of a library.' })
class ImageFile extends fieldsOf<PhotoFile>() {
  @Field(() => Library)
  async library(@Ctx() { loaders }: ApiContext): Promise<Library> {
    return new Library(found(await loaders.libraries.load(this.libraryId), `library ${this.libraryId}`));
  }

  @Field(() => String, { description: 'Its path below the folder of the library.' })
  declare readonly path: PhotoFile['path'];

  @Field(() => Boolean, { description: 'Whether it was not there, or could not be read, at the last scan.' })
  get missing(): boolean {
    return this.missingSince !== null || this.problem !== null;
  }

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When a scan found it missing for the first time.' })
  declare readonly missingSince: PhotoFile['missingSince'];

  @Field(() => String, { nullable: true, description: 'Why the file cannot be read. Null if it can.' })
  declare readonly problem: PhotoFile['problem'];
}

@Resolver(() => Image)
export class FilesOfImageResolver {
  @FieldResolver(() => [ImageFile], {
    complexity: times(2),
    description: 'The files of libraries that are this photo. Empty for uploads and for photos of data sets.',
  })
  async files(@Root() { id }: Image, @Ctx() { loaders }: ApiContext): Promise<ImageFile[]> {
    return (await loaders.filesOf.load(id)).map((file) => new ImageFile(file));
  }

  @FieldResolver(() => Boolean, {
    description:
      'Whether the photo itself is nowhere at the moment: its file in a library is gone, or its disk is away. ' +
      'What is known of it stays, and it comes back with its file.',
  })
  missing(@Root() { id }: Image, @Ctx() { loaders }: ApiContext): Promise<boolean> {
    return loaders.missing.load(id);
  }
}
