/** What files say of their photos, read again as a job. */
import { Ctx, Field, FieldResolver, InputType, Int, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import { resultOf } from '../../jobs/kind.js';
import { refreshMetadataKind, type MetadataRefreshResult } from '../../jobs/kinds/refresh-metadata.js';
import type { ApiContext } from '../context.js';
import { datasetIdOf } from '../datasets/dataset.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Job, JOB_COST } from '../jobs/job.js';
import { Needs } from '../scopes.js';
import { withoutPaths } from '../without-paths.js';

@InputType({ description: 'Whose files are read again.' })
class RefreshMetadataInput {
  @Field(() => String, {
    nullable: true,
    description: 'Only photos of this data set, its id or its name. Default: all.',
  })
  declare readonly dataset?: string | null;
}

@ObjectType({ description: 'What became of photos whose files were read again.' })
class MetadataRefreshReport extends fieldsOf<MetadataRefreshResult>() {
  @Field(() => Int, { description: 'The number of photos whose files were read.' })
  declare readonly read: MetadataRefreshResult['read'];

  @Field(() => Int, { description: 'The number of photos that were left as before: their files are not there.' })
  declare readonly left: MetadataRefreshResult['left'];

  @Field(() => Int, { description: 'The number of files that could not be read.' })
  declare readonly problemCount: MetadataRefreshResult['problemCount'];

  @Field(() => [String], { description: 'A sentence for each of the first hundred.' })
  declare readonly problems: MetadataRefreshResult['problems'];

  constructor(result: MetadataRefreshResult) {
    super({ ...result, problems: result.problems.map(withoutPaths) });
  }
}

@Resolver(() => Job)
export class RefreshMetadataResolver {
  @FieldResolver(() => MetadataRefreshReport, {
    nullable: true,
    description: 'What a job read again. Null for other jobs, and until the job has succeeded.',
  })
  metadataRefreshReport(@Root() job: Job): MetadataRefreshReport | undefined {
    const result = resultOf(refreshMetadataKind, job);
    return result && new MetadataRefreshReport(result);
  }

  @Needs(refreshMetadataKind.scope)
  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Starts a job that reads again what the files of photos and their .xmp sidecars say: dates, cameras, titles, ' +
      'keywords, ratings, captions. Photos whose files are not there stay as they are. Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  async refreshMetadata(
    @Input(() => RefreshMetadataInput) { dataset }: RefreshMetadataInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Job> {
    return new Job(await services.jobs.refreshMetadata(await datasetIdOf(dataset, services)));
  }
}
