import { Arg, Args, ArgsType, Ctx, Field, Float, GraphQLISODateTime, Int, ObjectType } from 'type-graphql';
import { groupsByContent, groupsByLength } from '../../evaluation/groups.js';
import type { ReportDetails } from '../../evaluation/report.js';
import { datasetInWords } from '../../jobs/models.js';
import type { DatasetId } from '../../ids.js';
import { FIGURES } from '../../metrics/all.js';
import { bleuAmong } from '../../metrics/bleu.js';
import { METEOR_STEM } from '../../metrics/meteor-stem.js';
import type { Figures } from '../../metrics/scores.js';
import type { GeneratedCaptionRecord } from '../../store/captions.js';
import { exactly } from '../../store/counts.js';
import type { ImageRecord, Split as SplitName } from '../../store/images.js';
import type { ModelRecord } from '../../store/models.js';
import type { ApiContext } from '../context.js';
import type { CaptionOrder, EvaluatedCaptions } from '../evaluated-captions.js';
import { times, timesFirst } from '../limits.js';
import { connectionOptions, PageArguments } from '../pages.js';
import { captionSamples } from '../samples.js';
import { GeneratedCaption } from './caption.js';
import { CaptionRanking, ReportOrigin, Split } from './enums.js';
import { EvaluatedCaption, EvaluatedCaptionConnection } from './evaluated-caption.js';
import { CaptionDiversity, CaptionGroup, MetricFigure, metricFigures, MetricFigures, MetricIntervals, RatingAgreement } from './figures.js';
import { Image } from './image.js';
import { Model } from './model.js';
import { ModelComparison } from './model-comparison.js';

/** Groups of captions in a report. */
const USUAL_GROUPS = 5;
/** A thousand captions are read and computed with. */
const CAPTIONS_COST = 200;

/** What is known of a model on a split. */
export interface ReportRecord {
  readonly model: ModelRecord;
  readonly split: SplitName;
  /** Of its photos; null for all, nothing where it is not known. */
  readonly dataset?: DatasetId | null | undefined;
  readonly origin: 'evaluation' | 'training';
  readonly figures: Figures;
  readonly images?: number;
  readonly brevityPenalty?: number;
  readonly signature?: string;
  /** Of evaluations by this version. */
  readonly details?: ReportDetails | undefined;
  readonly captions?: EvaluatedCaptions;
  readonly measuredAt: Date;
}

@ObjectType({ description: 'A photo with what the model writes for it.' })
export class CaptionSample {
  @Field(() => Image)
  readonly image: Image;

  @Field(() => GeneratedCaption)
  readonly caption: GeneratedCaption;

  constructor(image: ImageRecord, caption: GeneratedCaptionRecord) {
    this.image = new Image(image);
    this.caption = new GeneratedCaption(caption);
  }
}

@ArgsType()
class CaptionListArguments extends PageArguments {
  @Field(() => CaptionRanking, { defaultValue: 'cider' })
  readonly by: CaptionOrder['by'] = 'cider';

  @Field(() => Boolean, { defaultValue: false, description: 'The worst first, in place of the best.' })
  readonly worstFirst: boolean = false;
}

const NULL = 'Null for TRAINING, and for evaluations of earlier versions.';

@ObjectType({ description: "What a model's captions are worth, measured against what people wrote." })
export class BleuReport {
  constructor(
    private readonly record: ReportRecord,
    private readonly other?: ReportRecord,
  ) {}

  @Field(() => Model)
  get model(): object {
    return new Model(this.record.model);
  }

  @Field(() => Split)
  get split(): string {
    return this.record.split;
  }

  @Field(() => String, { description: 'Whose photos were captioned, in words: a data set, or all. Figures of different photos cannot be compared.' })
  async measuredOn(@Ctx() { services }: ApiContext): Promise<string> {
    return datasetInWords(this.record.dataset, services.store);
  }

  @Field(() => String, { nullable: true, description: 'The data set whose photos were captioned; null for all, or where it is not known.' })
  async dataset(@Ctx() { loaders }: ApiContext): Promise<string | null | undefined> {
    const { dataset } = this.record;
    return dataset && ((await loaders.datasets.load(dataset))?.name ?? dataset);
  }

  @Field(() => ReportOrigin)
  get origin(): string {
    return this.record.origin;
  }

  @Field(() => [Float], { description: 'BLEU-1 to BLEU-4 of the corpus, 0 to 1.' })
  get bleu(): readonly number[] {
    return bleuAmong(this.record.figures);
  }

  @Field(() => Float, { nullable: true, description: '1 when captions are as long as references or longer. Null for TRAINING.' })
  get brevityPenalty(): number | undefined {
    return this.record.brevityPenalty;
  }

  @Field(() => Float, { description: 'CIDEr-D, 0 to 10.' })
  get cider(): number | undefined {
    return this.record.figures.cider;
  }

  @Field(() => Float, { nullable: true, description: 'ROUGE-L, 0 to 1. Null for TRAINING.' })
  get rougeL(): number | undefined {
    return this.record.figures.rougeL;
  }

  @Field(() => Float, { nullable: true, description: `${METEOR_STEM} ${NULL}` })
  get meteorStem(): number | undefined {
    return this.record.figures.meteorStem;
  }

  @Field(() => [MetricFigure], { complexity: times(FIGURES.length), description: 'All that was measured, one metric after the other, with 95 % intervals.' })
  get metrics(): readonly MetricFigure[] {
    return metricFigures(this.record.figures, this.record.details?.intervals);
  }

  @Field(() => MetricIntervals, { nullable: true, description: `95 % intervals of the figures. ${NULL}` })
  get intervals(): MetricIntervals | undefined {
    const { details } = this.record;
    return details && new MetricIntervals(details.intervals);
  }

  @Field(() => MetricFigures, {
    nullable: true,
    description:
      "What people reach by the same measure: each photo's captions in turn against its others, the mean. The model is compared with one " +
      `reference more, which favours it. Null where photos have one caption. ${NULL}`,
  })
  get ceiling(): MetricFigures | undefined {
    const ceiling = this.record.details?.ceiling;
    return ceiling ? new MetricFigures(ceiling) : undefined;
  }

  @Field(() => CaptionDiversity, { nullable: true, description: NULL })
  get diversity(): CaptionDiversity | undefined {
    const { details } = this.record;
    return details && new CaptionDiversity(details.diversity);
  }

  @Field(() => [CaptionGroup], {
    complexity: times(USUAL_GROUPS),
    description: 'By the words of the caption, short ones first. Empty for TRAINING, and for evaluations of earlier versions.',
  })
  async byLength(): Promise<CaptionGroup[]> {
    return groupsByLength(await this.allCaptions()).map((group) => new CaptionGroup(group));
  }

  @Field(() => [CaptionGroup], {
    complexity: times(USUAL_GROUPS),
    description:
      'By how much there is to say about the photo, a proxy for the number of objects: the content words on which at least two of ' +
      'those who described it agree. Empty for TRAINING, and for evaluations of earlier versions.',
  })
  async byComplexity(): Promise<CaptionGroup[]> {
    return groupsByContent(await this.allCaptions()).map((group) => new CaptionGroup(group));
  }

  @Field(() => EvaluatedCaptionConnection, {
    ...connectionOptions,
    description: 'What the model wrote for each photo, the best first. Empty for TRAINING, and for evaluations of earlier versions.',
  })
  async captions(@Args(() => CaptionListArguments) { by, worstFirst, ...page }: CaptionListArguments): Promise<object> {
    const content = await this.record.captions?.page({ by, worstFirst }, page, (caption) => new EvaluatedCaption(caption));
    return new EvaluatedCaptionConnection(content ?? { edges: [], hasNext: false, hasPrevious: false, count: () => Promise.resolve(exactly(0)) });
  }

  @Field(() => RatingAgreement, {
    nullable: true,
    complexity: CAPTIONS_COST,
    description: 'How well the metrics agree with the ratings people gave the very captions that were measured. Null while there are none.',
  })
  async agreement(): Promise<RatingAgreement | undefined> {
    const agreement = await this.record.captions?.agreement();
    return agreement && new RatingAgreement(agreement);
  }

  @Field(() => ModelComparison, {
    nullable: true,
    complexity: ({ childComplexity }) => CAPTIONS_COST + childComplexity,
    description: 'Beside the model of `compareTo`, on the photos both have captioned. Null without, or when they share none.',
  })
  async comparison(): Promise<ModelComparison | undefined> {
    const { captions } = this.record;
    if (!captions || !this.other?.captions) return undefined;
    const comparison = await captions.comparedWith(this.other.captions);
    return comparison && new ModelComparison(comparison, new BleuReport(this.other));
  }

  @Field(() => Int, { nullable: true, description: 'Photos that were captioned. Null for TRAINING.' })
  get images(): number | undefined {
    return this.record.images;
  }

  @Field(() => Int, {
    nullable: true,
    description:
      'How many of these photos were deleted since: the figures are of all that were captioned, captions, groups and comparison of those that are left. ' + NULL,
  })
  async deletedImages(): Promise<number | undefined> {
    const { details, captions } = this.record;
    return details && captions?.deleted();
  }

  @Field(() => String, {
    nullable: true,
    description: 'How it was measured, as sacreBLEU prints it; only figures of one signature can be compared. Null for TRAINING.',
  })
  get signature(): string | undefined {
    return this.record.signature;
  }

  @Field(() => GraphQLISODateTime)
  get measuredAt(): Date {
    return this.record.measuredAt;
  }

  @Field(() => [CaptionSample], {
    complexity: timesFirst,
    description: 'The first photos of the split with what the model writes for them; what it has not written yet it writes now.',
  })
  async samples(
    @Arg('first', () => Int, { defaultValue: 5, description: 'How many, from 1 to 20.' }) first: number,
    @Ctx() { services }: ApiContext,
  ): Promise<CaptionSample[]> {
    const { model, split } = this.record;
    return (await captionSamples(services, model, split, first)).map(({ image, caption }) => new CaptionSample(image, caption));
  }

  private async allCaptions() {
    return (await this.record.captions?.all()) ?? [];
  }
}
