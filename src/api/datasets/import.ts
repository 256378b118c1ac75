import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { parseColumns } from '../../datasets/columns.js';
import type { Dataset, Problem } from '../../datasets/dataset.js';
import { describeSummary } from '../../datasets/describe-summary.js';
import { checkFormat, FORMATS } from '../../datasets/formats/all.js';
import type { OpenOptions } from '../../datasets/open-dataset.js';
import { resultOf } from '../../jobs/kind.js';
import { importKind, type ImportResult } from '../../jobs/kinds/import.js';
import type { ApiContext } from '../context.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { withoutPaths } from '../without-paths.js';
import { Job, JOB_COST } from '../jobs/job.js';
import { Needs } from '../scopes.js';

@ObjectType({
  description:
    'Files that an import left out, or something odd in the data set. All places with the same problem are one ' +
    'entry.',
})
export class ImportProblem extends fieldsOf<Problem>() {
  constructor(problem: Problem) {
    super({ ...problem, message: withoutPaths(problem.message) });
  }

  @Field(() => String, { description: 'The kind of problem.' })
  declare readonly kind: Problem['kind'];

  @Field(() => String, { description: 'A sentence that names the first few places.' })
  declare readonly message: Problem['message'];

  @Field(() => Int, { description: 'The number of files, lines or captions that have the problem.' })
  declare readonly count: Problem['count'];
}

@ObjectType({ description: 'The result of an import.' })
class ImportReport extends fieldsOf<Omit<ImportResult, 'problems'>>() {
  @Field(() => String, { description: 'The name of the data set.' })
  declare readonly dataset: ImportResult['dataset'];

  @Field(() => Int, { description: 'The number of photos that are new in the collection.' })
  declare readonly imported: ImportResult['imported'];

  @Field(() => Int, { description: 'The number of photos that were in the collection before.' })
  declare readonly alreadyThere: ImportResult['alreadyThere'];

  @Field(() => ID, { nullable: true, description: 'The id of the data set. Null for an import by an earlier version.' })
  declare readonly datasetId: ImportResult['datasetId'];

  @Field(() => Int, { description: 'The number of new captions.' })
  declare readonly captionsAdded: ImportResult['captionsAdded'];

  @Field(() => Int, { description: 'The number of captions that were replaced by corrected ones.' })
  declare readonly captionsChanged: ImportResult['captionsChanged'];

  @Field(() => Int, { description: 'The number of photos whose split changed.' })
  declare readonly splitsChanged: ImportResult['splitsChanged'];

  @Field(() => Int, { description: 'The number of photos that were moved or renamed in the folder.' })
  declare readonly moved: ImportResult['moved'];

  @Field(() => Int, { description: 'The number of photos that the folder no longer has.' })
  declare readonly gonePhotos: ImportResult['gonePhotos'];

  @Field(() => Int, {
    description: 'The number of captions that the folder no longer has, of photos that it still has.',
  })
  declare readonly goneCaptions: ImportResult['goneCaptions'];

  @Field(() => Int, { description: 'The number of photos that were deleted because of prune.' })
  declare readonly deletedPhotos: ImportResult['deletedPhotos'];

  @Field(() => Int, { description: 'The number of kinds of problems.' })
  declare readonly problemCount: ImportResult['problemCount'];

  @Field(() => [ImportProblem], { description: 'The first hundred kinds of problems.' })
  readonly problems: readonly ImportProblem[];

  constructor({ problems, ...counts }: ImportResult) {
    super(counts);
    this.problems = problems.map((problem) => new ImportProblem(problem));
  }
}

@ObjectType({ description: 'What an import would find in a folder.' })
class DatasetPreview {
  constructor(private readonly dataset: Dataset) {}

  @Field(() => String, {
    description: "A sentence such as: COCO's JSON: 8,000 photos, 40,000 captions, 6,000/1,000/1,000 in train/dev/test.",
  })
  get summary(): string {
    return describeSummary(this.dataset.summary);
  }

  @Field(() => String, { description: 'The id of the format.' })
  get format(): string {
    return this.dataset.format;
  }

  @Field(() => Int)
  get photos(): number {
    return this.dataset.summary.photos;
  }

  @Field(() => Int)
  get captions(): number {
    return this.dataset.summary.captions;
  }

  @Field(() => [ImportProblem])
  get problems(): ImportProblem[] {
    return this.dataset.problems.map((problem) => new ImportProblem(problem));
  }
}

@ArgsType()
@InputType()
class ReadingArguments {
  @Field(() => String, {
    nullable: true,
    description: `Format of the captions: ${FORMATS.join(', ')}. Default: what the files contain decides.`,
  })
  readonly format?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Columns of a table, as file=NAME,caption=NAME or file=NAME,caption=NAME,split=NAME.',
  })
  readonly columns?: string | null;
}

@InputType()
class ImportDatasetInput extends ReadingArguments {
  @Field(() => String, { description: 'A folder, relative to IMPORT_ROOT; or `scenes`.' })
  declare readonly path: string;

  @Field(() => Boolean, { defaultValue: false, description: 'Remove what the folder no longer has.' })
  declare readonly prune: boolean;
}

function readingOf({ format, columns }: ReadingArguments): Pick<OpenOptions, 'format' | 'columns'> {
  return {
    format: checkFormat(format ?? undefined),
    columns: typeof columns === 'string' ? parseColumns(columns) : undefined,
  };
}

@Resolver(() => Job)
export class ImportResolver {
  @FieldResolver(() => ImportReport, {
    nullable: true,
    description: 'The result of an import. Null for other jobs, and until the import has succeeded.',
  })
  importReport(@Root() job: Job): ImportReport | undefined {
    const result = resultOf(importKind, job);
    return result && new ImportReport(result);
  }

  @Needs(importKind.scope)
  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Imports a data set from a folder on the server that its operator allows (IMPORT_ROOT), or `scenes` (in ' +
      'German `scenes-de`, in Chinese ' +
      '`scenes-zh`), which the program draws. ' +
      'A second import adds what is new and changes what was corrected; what people wrote stays. Errors: ' +
      'BAD_USER_INPUT.',
  })
  async importDataset(
    @Input(() => ImportDatasetInput) { path, prune, ...reading }: ImportDatasetInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Job> {
    return new Job(await services.jobs.importForClient(path, { prune, ...readingOf(reading) }));
  }

  @Needs('write')
  @Query(() => DatasetPreview, {
    complexity: JOB_COST,
    description:
      'Says what importDataset would find in a folder. Nothing is imported. Errors: BAD_USER_INPUT, INVALID_DATASET.',
  })
  async previewDataset(
    @Arg('path', () => String, { description: 'The same as for importDataset.' }) path: string,
    @Args(() => ReadingArguments) reading: ReadingArguments,
    @Ctx() { services }: ApiContext,
  ): Promise<DatasetPreview> {
    return new DatasetPreview(await services.jobs.previewForClient(path, readingOf(reading)));
  }
}
