import { Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { MeasuredCaptions } from '../../evaluation/evaluate-captions.js';
import type { CaptionFile, GivenCaptions } from '../../evaluation/given-captions.js';
import type { ModelReport } from '../../evaluation/find-report.js';
import type { Split as SplitName } from '../../splits.js';
import type { ApiContext } from '../context.js';
import { datasetIdOf } from '../datasets/dataset.js';
import { ImportProblem } from '../datasets/import.js';
import { Split } from '../images/split.js';
import { Input } from '../inputs.js';
import { Needs } from '../scopes.js';
import { Upload, type UploadedFile } from '../server/uploads.js';
import { BleuReport } from './report.js';

/** A thousand captions are scored, with intervals, in two seconds of a processor. */
const CAPTIONS_COST = 20_000;

@InputType({ description: 'A caption that was written elsewhere.' })
class PhotoCaptionInput {
  @Field(() => String, {
    description: "The photo: its name, its path in the data set, its id, or the number in its name, as COCO's ids are.",
  })
  declare readonly photo: string;

  @Field(() => String)
  declare readonly caption: string;
}

@InputType()
class EvaluateCaptionsInput {
  @Field(() => Upload, {
    nullable: true,
    description:
      'A file of a multipart request: COCO\'s results, [{"image_id": 42, "caption": "…"}], or a table with a column ' +
      'file_name or image_id and a column caption, as CSV, JSON or JSON lines.',
  })
  declare readonly file?: UploadedFile | null;

  @Field(() => [PhotoCaptionInput], { nullable: true, description: 'The captions themselves, in place of a file.' })
  declare readonly captions?: readonly PhotoCaptionInput[] | null;

  @Field(() => Upload, {
    nullable: true,
    description: "COCO's annotations, which say by which names photos have which ids. Default: ids are in names.",
  })
  declare readonly annotations?: UploadedFile | null;

  @Field(() => String, {
    nullable: true,
    description: 'The name of the model that stands for them. Default: that of the file.',
  })
  declare readonly name?: string | null;

  @Field(() => Split, { defaultValue: Split.DEV })
  declare readonly split: SplitName;

  @Field(() => String, {
    nullable: true,
    description:
      'Only photos and reference captions of this data set, its id or its name. Default: those of all data sets.',
  })
  declare readonly dataset?: string | null;
}

@ObjectType({ description: 'Captions from elsewhere, measured.' })
class EvaluatedCaptions {
  @Field(() => BleuReport, { description: 'Its model stands for the captions, with the task PREDICTIONS.' })
  readonly report: BleuReport;

  @Field(() => [ImportProblem], {
    description: 'What is odd about the captions: photos that are not here, captions said twice, photos without one.',
  })
  readonly problems: readonly ImportProblem[];

  constructor(report: ModelReport, { problems }: MeasuredCaptions) {
    this.report = new BleuReport(report);
    this.problems = problems.map((problem) => new ImportProblem(problem));
  }
}

@Resolver()
export class EvaluateCaptionsResolver {
  @Needs('train')
  @Mutation(() => EvaluatedCaptions, {
    complexity: ({ childComplexity }) => CAPTIONS_COST + childComplexity,
    description:
      'Measures captions that another program or person wrote for photos of the split, as evaluateModel measures those of a ' +
      'model. They stand among the models with the task PREDICTIONS, so that bleuReport compares them with others. The same ' +
      'captions again are the same model. Errors: BAD_USER_INPUT, INVALID_DATASET if none is of a photo of the split, NOT_FOUND.',
  })
  async evaluateCaptions(
    @Input(() => EvaluateCaptionsInput) input: EvaluateCaptionsInput,
    @Ctx() context: ApiContext,
  ): Promise<EvaluatedCaptions> {
    const { services } = context;
    const { split } = input;
    const dataset = await datasetIdOf(input.dataset, services);
    const given = await captionsOf(input, context);
    const measured = await services.evaluateCaptions({ ...given, name: input.name ?? undefined, split, dataset });
    const request = { split, modelId: measured.model.id, dataset };
    return new EvaluatedCaptions(await services.findReport(request), measured);
  }
}

/** @throws BAD_USER_INPUT */
async function captionsOf(
  { file, captions, annotations }: EvaluateCaptionsInput,
  context: ApiContext,
): Promise<GivenCaptions> {
  if ((file == null) === (captions == null))
    throw new EkphrasisError(ErrorCode.BadInput, 'Give the captions by one of file and captions.');
  const given = (captions ?? []).map(({ photo, caption }, index) => ({
    value: { file_name: photo, caption },
    place: `caption ${index + 1}`,
  }));
  return {
    captions: file == null ? given : await bytesOf(file, context),
    annotations: annotations == null ? undefined : await bytesOf(annotations, context),
  };
}

function bytesOf(file: UploadedFile, { uploads }: ApiContext): Promise<CaptionFile> {
  return uploads.read({ name: file.name ?? 'captions', path: file.path, size: file.size }, (read) =>
    Promise.resolve(read),
  );
}
