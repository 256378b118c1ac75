import { Field, FieldResolver, ID, Int, ObjectType, Resolver, Root } from 'type-graphql';
import { resultOf } from '../../jobs/kind.js';
import { scanLibraryKind } from '../../jobs/kinds/scan-library.js';
import type { ScanReport as Report } from '../../libraries/scan-report.js';
import { fieldsOf } from '../fields-of.js';
import { Job } from '../jobs/job.js';
import { withoutPaths } from '../without-paths.js';

@ObjectType({ description: 'Files that a scan left out. All files with the same problem are one entry.' })
class ScanProblem extends fieldsOf<Report['problems'][number]>() {
  constructor(problem: Report['problems'][number]) {
    super({ ...problem, message: withoutPaths(problem.message) });
  }

  @Field(() => String, { description: 'The kind of problem.' })
  declare readonly kind: string;

  @Field(() => String, { description: 'A sentence that names the first few files.' })
  declare readonly message: string;

  @Field(() => Int, { description: 'The number of files that have the problem.' })
  declare readonly count: number;
}

@ObjectType({ description: 'The result of a scan of a library.' })
export class ScanReport extends fieldsOf<Omit<Report, 'problems'>>() {
  @Field(() => String, { description: 'The name of the library.' })
  declare readonly library: Report['library'];

  @Field(() => ID)
  declare readonly libraryId: Report['libraryId'];

  @Field(() => Int, {
    nullable: true,
    description:
      'The number of folders that were looked at, as something had changed there: all figures are of them. Null if all ' +
      'of the library was looked at.',
  })
  declare readonly folders: Report['folders'];

  @Field(() => Int, { description: 'The number of files of photos that are there.' })
  declare readonly files: Report['files'];

  @Field(() => Int, {
    description: 'The number of files that are as they were at the scan before. They were not read.',
  })
  declare readonly unchanged: Report['unchanged'];

  @Field(() => Int, { description: 'The number of photos that are new in the collection.' })
  declare readonly added: Report['added'];

  @Field(() => Int, {
    description: 'The number of new files whose photos were in the collection before. Moved files are among them.',
  })
  declare readonly alreadyThere: Report['alreadyThere'];

  @Field(() => Int, { description: 'The number of files that show another picture than before.' })
  declare readonly changed: Report['changed'];

  @Field(() => Int, {
    description:
      'The number of files whose photos were edited, such as turned or cropped. What people said of the photos stays, and what models wrote for them is written anew.',
  })
  declare readonly edited: Report['edited'];

  @Field(() => Int, {
    description:
      'The number of files that show the same picture, but that say something else of it, or whose .xmp files do.',
  })
  declare readonly retold: Report['retold'];

  @Field(() => Int, { description: 'The number of files that were moved or renamed.' })
  declare readonly moved: Report['moved'];

  @Field(() => Int, { description: 'The number of files that were missing and are there again.' })
  declare readonly returned: Report['returned'];

  @Field(() => Int, { description: 'The number of files that are missing since this scan.' })
  declare readonly missing: Report['missing'];

  @Field(() => Int, {
    description:
      'The number of deleted photos: other pictures are in their files, and people had said nothing of them.',
  })
  declare readonly deletedPhotos: Report['deletedPhotos'];

  @Field(() => ID, {
    nullable: true,
    description: 'The entry of the trash that has the deleted photos. Null if none were deleted, or nothing is kept.',
  })
  declare readonly trash: Report['trash'];

  @Field(() => Int, { description: 'The number of kinds of problems.' })
  declare readonly problemCount: Report['problemCount'];

  @Field(() => [ScanProblem], { description: 'The first hundred kinds of problems.' })
  readonly problems: readonly ScanProblem[];

  constructor({ problems, ...counts }: Report) {
    super(counts);
    this.problems = problems.map((problem) => new ScanProblem(problem));
  }
}

@Resolver(() => Job)
export class ScanReportResolver {
  @FieldResolver(() => ScanReport, {
    nullable: true,
    description: 'The result of a scan of a library. Null for other jobs, and until the scan has succeeded.',
  })
  scanReport(@Root() job: Job): ScanReport | undefined {
    const result = resultOf(scanLibraryKind, job);
    return result && new ScanReport(result);
  }
}
