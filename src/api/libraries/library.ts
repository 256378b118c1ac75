import { Arg, Ctx, Field, GraphQLISODateTime, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { LibraryId } from '../../ids.js';
import { type LastScan, lastScanSchema } from '../../libraries/scan-report.js';
import type { LibraryFigures, LibraryRecord } from '../../store/libraries.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { JobError } from '../jobs/job.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';
import type { Services } from '../services.js';
import { ScanReport } from './scan-report.js';

/** Libraries of a collection, as the cost of the list is reckoned. */
const USUAL_LIBRARIES = 10;

@ObjectType({
  description: 'A folder whose photos stay where they are: only what is known of them is stored.',
  implements: Node,
})
export class Library extends fieldsOf<LibraryRecord>() {
  @Field(() => ID)
  declare readonly id: LibraryRecord['id'];

  @Field(() => String, { description: 'Its name; updateLibrary changes it.' })
  declare readonly name: LibraryRecord['name'];

  @Field(() => String, { description: 'The path of its folder on the server and on its workers.' })
  declare readonly root: LibraryRecord['root'];

  @Field(() => [String], { description: 'Patterns of paths below the folder that are left out.' })
  declare readonly excluded: LibraryRecord['excluded'];

  @Field(() => Boolean, { description: 'Whether it is scanned by itself when its files change.' })
  declare readonly watch: LibraryRecord['watch'];

  @Field(() => Boolean, {
    description: 'Whether it is watched by looking at every file again and again, as network disks need it.',
  })
  declare readonly poll: LibraryRecord['poll'];

  @Field(() => GraphQLISODateTime)
  declare readonly createdAt: LibraryRecord['createdAt'];

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When it was last scanned. Null until the first scan has finished.',
  })
  declare readonly scannedAt: LibraryRecord['scannedAt'];

  @Field(() => ScanReport, { nullable: true, description: 'The result of the last scan. Null if it failed.' })
  get scanReport(): ScanReport | undefined {
    const last = this.last();
    return last && 'report' in last ? new ScanReport(last.report) : undefined;
  }

  @Field(() => JobError, { nullable: true, description: 'Why the last scan failed. Null if it succeeded.' })
  get scanError(): JobError | undefined {
    const last = this.last();
    return last && 'error' in last ? new JobError(last.error) : undefined;
  }

  @Field(() => Int, { description: 'The number of its files, missing ones among them. Several may be one photo.' })
  async fileCount(@Ctx() context: ApiContext): Promise<number> {
    return (await this.figures(context)).files;
  }

  @Field(() => Int, { description: 'The number of its photos, missing ones among them.' })
  async imageCount(@Ctx() context: ApiContext): Promise<number> {
    return (await this.figures(context)).images;
  }

  @Field(() => Int, { description: 'The number of files that are not where they were.' })
  async missingCount(@Ctx() context: ApiContext): Promise<number> {
    return (await this.figures(context)).missing;
  }

  @Field(() => Int, { description: 'The number of files that cannot be read.' })
  async problemCount(@Ctx() context: ApiContext): Promise<number> {
    return (await this.figures(context)).problems;
  }

  @Field(() => Int, {
    description:
      'The number of photos that removeLibrary deletes: those that are in no data set and no other library, and that ' +
      'nobody has uploaded or captioned.',
  })
  async exclusiveImageCount(@Ctx() { services }: ApiContext): Promise<number> {
    return (await services.store.datasetPhotos.countOrphansOfLibrary(this.id)).orphans;
  }

  private figures({ loaders }: ApiContext): Promise<LibraryFigures> {
    return loaders.libraryFigures.load(this.id);
  }

  private last(): LastScan | undefined {
    return lastScanSchema.safeParse(this.lastScan).data;
  }
}

/** @param wish its id, or its name @throws NOT_FOUND, BAD_USER_INPUT */
export async function libraryIdOf(
  wish: string | null | undefined,
  { store }: Pick<Services, 'store'>,
): Promise<LibraryId | undefined> {
  return wish == null ? undefined : (await store.libraries.resolve(wish)).id;
}

@Resolver()
export class LibraryResolver {
  @Needs('read')
  @Query(() => [Library], {
    complexity: times(USUAL_LIBRARIES),
    description: 'The libraries of the collection, oldest first.',
  })
  async libraries(@Ctx() { services }: ApiContext): Promise<Library[]> {
    return (await services.store.libraries.list()).map((record) => new Library(record));
  }

  @Needs('read')
  @Query(() => Library, { nullable: true, description: 'The library with this id. Null if there is none.' })
  async library(@Arg('id', () => ID) id: string, @Ctx() { services }: ApiContext): Promise<Library | undefined> {
    const record = await services.store.libraries.find(id as LibraryId);
    return record && new Library(record);
  }
}
