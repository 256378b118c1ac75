/** Captions written into photos' files, as a job. */
import {
  Ctx,
  Field,
  FieldResolver,
  InputType,
  Int,
  Mutation,
  ObjectType,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import { exportXmpKind, type XmpExportResult } from '../../jobs/kinds/export-xmp.js';
import { resultOf } from '../../jobs/kind.js';
import type { WrittenField } from '../../metadata/marks.js';
import type { ApiContext } from '../context.js';
import { datasetIdOf } from '../datasets/dataset.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { libraryIdOf } from '../libraries/library.js';
import { Job, JOB_COST } from '../jobs/job.js';
import { Needs } from '../scopes.js';
import { withoutPaths } from '../without-paths.js';

const XmpTarget = { SIDECAR: 'sidecar', PHOTO: 'photo' } as const;
registerEnumType(XmpTarget, {
  name: 'XmpTarget',
  valuesConfig: {
    SIDECAR: { description: 'The .xmp file beside the photo. The photo stays as it is.' },
    PHOTO: { description: 'The photo itself. Its pixels stay the same. This needs ExifTool on the server.' },
  },
});

const WrittenFieldName = { ALT_TEXT: 'altText', DESCRIPTION: 'description' } as const;
registerEnumType(WrittenFieldName, {
  name: 'WrittenField',
  valuesConfig: {
    ALT_TEXT: { description: 'Iptc4xmpCore:AltTextAccessibility.' },
    DESCRIPTION: { description: 'dc:description.' },
  },
});

@ObjectType({ description: 'What became of the photos of an export.' })
class XmpExportReport extends fieldsOf<XmpExportResult>() {
  @Field(() => Int, { description: 'The number of photos whose caption was written; of a dry run, would be.' })
  declare readonly written: XmpExportResult['written'];

  @Field(() => Int, { description: 'The number of photos whose file had the caption already.' })
  declare readonly same: XmpExportResult['same'];

  @Field(() => Int, { description: 'The number of photos whose file has other words of a person. They stay.' })
  declare readonly kept: XmpExportResult['kept'];

  @Field(() => Int, { description: 'The number of photos from whose file somebody removed what had been written.' })
  declare readonly removed: XmpExportResult['removed'];

  @Field(() => Int, { description: 'The number of photos without such a caption.' })
  declare readonly uncaptioned: XmpExportResult['uncaptioned'];

  @Field(() => Int, { description: 'The number of photos without a file, such as uploads.' })
  declare readonly noFile: XmpExportResult['noFile'];

  @Field(() => Int, { description: 'The number of files that are another photo now, or that changed meanwhile.' })
  declare readonly changed: XmpExportResult['changed'];

  @Field(() => Int, { description: 'The number of files that could not be read or written.' })
  declare readonly failed: XmpExportResult['failed'];

  @Field(() => [String], { description: 'A sentence for each of the first failures.' })
  declare readonly problems: XmpExportResult['problems'];

  constructor(result: XmpExportResult) {
    super({ ...result, problems: result.problems.map(withoutPaths) });
  }
}

@InputType()
class ExportXmpInput {
  @Field(() => XmpTarget, { defaultValue: XmpTarget.SIDECAR })
  declare readonly into: 'sidecar' | 'photo';

  @Field(() => WrittenFieldName, { defaultValue: WrittenFieldName.ALT_TEXT })
  declare readonly field: WrittenField;

  @Field(() => Boolean, { defaultValue: false, description: 'Only captions that people wrote, chose or adopted.' })
  declare readonly reviewed: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Only captions in this language, a BCP 47 tag. Default: any.',
  })
  declare readonly language?: string | null;

  @Field(() => String, { nullable: true, description: 'Only photos of this data set, its id or its name.' })
  declare readonly dataset?: string | null;

  @Field(() => String, { nullable: true, description: 'Only photos of this library, its id or its name.' })
  declare readonly library?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Count what would be written, and write nothing.' })
  declare readonly dryRun: boolean;
}

@Resolver(() => Job)
export class ExportXmpResolver {
  @FieldResolver(() => XmpExportReport, {
    nullable: true,
    description: 'The result of an export. Null for other jobs, and until the export has succeeded.',
  })
  xmpExportReport(@Root() job: Job): XmpExportReport | undefined {
    const result = resultOf(exportXmpKind, job);
    return result && new XmpExportReport(result);
  }

  @Needs('admin')
  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Starts a job that writes captions into the files of photos below IMPORT_ROOT: those of people first, then those ' +
      'of data sets, then those of models, each with a mark of who wrote it. Words of people in the files stay. ' +
      'Errors: BAD_USER_INPUT, NOT_FOUND.',
  })
  async exportXmp(
    @Input(() => ExportXmpInput) { dataset, library, language, ...wish }: ExportXmpInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Job> {
    const photos = { dataset: await datasetIdOf(dataset, services), library: await libraryIdOf(library, services) };
    return new Job(await services.jobs.exportXmpForClient({ ...wish, ...photos, language: language ?? undefined }));
  }
}
