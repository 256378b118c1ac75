import { Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { LibraryRemoval } from '../../libraries/remove-library.js';
import type { TrashId } from '../../ids.js';
import { FOREVER, TRASH_ID } from '../confirmation.js';
import type { ApiContext } from '../context.js';
import { Input } from '../inputs.js';
import { Job, JOB_COST } from '../jobs/job.js';
import { Needs } from '../scopes.js';
import { Library } from './library.js';

@InputType()
class LibraryInput {
  @Field(() => String, { nullable: true, description: 'Its name. Default: that of its folder.' })
  readonly name?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Patterns of paths that are left out, such as `*.png`, `private` (a name, wherever it is) or `2019/**/raw`. ' +
      'Photos that are left out later count as missing.',
  })
  readonly exclude?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Scan it by itself when its files change. Default: false.' })
  readonly watch?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Watch it by looking at every file again and again, as network disks need it. Default: false.',
  })
  readonly poll?: boolean | null;
}

@InputType()
class AddLibraryInput extends LibraryInput {
  @Field(() => String, { description: 'A folder, relative to IMPORT_ROOT.' })
  declare readonly path: string;
}

@InputType()
class UpdateLibraryInput extends LibraryInput {
  @Field(() => ID, { description: 'Its id, or its name.' })
  declare readonly id: string;
}

@InputType()
class ScanLibraryInput {
  @Field(() => ID, { description: 'Its id, or its name.' })
  declare readonly id: string;

  @Field(() => Boolean, { defaultValue: false, description: 'Read files again that could not be read before.' })
  declare readonly retryProblems: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Let files count as missing even if all of them are gone, or the library is on another disk.',
  })
  declare readonly acceptLosses: boolean;
}

@InputType()
class RemoveLibraryInput {
  @Field(() => ID, { description: 'Its id, or its name.' })
  declare readonly id: string;

  @Field(() => Boolean, { defaultValue: false, description: 'Nothing is removed unless it is true.' })
  declare readonly confirm: boolean;

  @Field(() => Boolean, FOREVER)
  declare readonly forever: boolean;
}

function wishOf({ name, exclude, watch, poll }: LibraryInput) {
  return {
    name: name ?? undefined,
    excluded: exclude ?? undefined,
    watch: watch ?? undefined,
    poll: poll ?? undefined,
  };
}

@ObjectType({ description: 'A removed library, and what was deleted with it.' })
class RemovedLibrary {
  constructor(private readonly removal: LibraryRemoval & { readonly trash?: TrashId | undefined }) {}

  @Field(() => ID, { nullable: true, description: TRASH_ID })
  get trashId(): string | undefined {
    return this.removal.trash;
  }

  @Field(() => ID)
  get id(): string {
    return this.removal.library.id;
  }

  @Field(() => String)
  get name(): string {
    return this.removal.library.name;
  }

  @Field(() => Int, { description: 'The number of its photos.' })
  get imageCount(): number {
    return this.removal.figures.images;
  }

  @Field(() => Int, {
    description:
      'The number of photos that were deleted from the collection: those that were in no data set and no other ' +
      'library, and that nobody had uploaded or captioned.',
  })
  get deletedImageCount(): number {
    return this.removal.deletedPhotos;
  }
}

@Resolver()
export class ChangeLibraryResolver {
  @Needs('write')
  @Mutation(() => Library, {
    description:
      'Adds a folder of photos on the server that its operator allows (IMPORT_ROOT). The photos stay where they are ' +
      'and are never written; scanLibrary brings what is known of them into the collection. Errors: BAD_USER_INPUT; ' +
      'CONFLICT if it is a library already.',
  })
  async addLibrary(
    @Input(() => AddLibraryInput) input: AddLibraryInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Library> {
    return new Library(await services.libraries.addForClient(input.path, wishOf(input)));
  }

  @Needs('write')
  @Mutation(() => Library, {
    description: 'Changes a library. What is not given stays as it is. Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  async updateLibrary(
    @Input(() => UpdateLibraryInput) input: UpdateLibraryInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Library> {
    const library = await services.store.libraries.resolve(input.id);
    return new Library(await services.libraries.update(library.id, wishOf(input)));
  }

  @Needs('write')
  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Starts a job that looks at the files of a library: new and changed ones are read, moved ones are recognised, ' +
      'and what is gone counts as missing. A folder that is not there, or is suddenly empty, changes nothing: the job ' +
      'fails with LIBRARY_UNAVAILABLE. No captions are written. Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  async scanLibrary(
    @Input(() => ScanLibraryInput) { id, retryProblems, acceptLosses }: ScanLibraryInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Job> {
    const library = await services.store.libraries.resolve(id);
    return new Job(await services.jobs.scanLibrary(library.id, { retryProblems, acceptLosses }));
  }

  @Needs('write')
  @Mutation(() => RemovedLibrary, {
    description:
      'Removes a library from the collection, with its photos that are in no data set and no other library and that ' +
      'nobody has uploaded or captioned. Its files stay as they are. What people wrote stays: those photos are missing ' +
      'until the library is added again. It goes to the trash. Errors: NOT_FOUND; without `confirm` BAD_USER_INPUT, which says what would be ' +
      'deleted; CONFLICT while it is scanned.',
  })
  async removeLibrary(
    @Input(() => RemoveLibraryInput) { id, confirm, forever }: RemoveLibraryInput,
    @Ctx() { services }: ApiContext,
  ): Promise<RemovedLibrary> {
    const library = await services.store.libraries.resolve(id);
    const removed = new RemovedLibrary(await services.deletions.removeLibrary(library.id, confirm, { forever }));
    await services.libraries.tell();
    return removed;
  }
}
