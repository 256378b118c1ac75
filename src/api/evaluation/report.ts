import {
  Arg,
  Ctx,
  Field,
  Float,
  GraphQLISODateTime,
  ID,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import type { ModelReport } from '../../evaluation/find-report.js';
import type { ModelId } from '../../ids.js';
import { FIGURES } from '../../metrics/all.js';
import { bleuAmong } from '../../metrics/bleu.js';
import { METEOR_STEM } from '../../metrics/meteor-stem.js';
import type { Split as SplitName } from '../../splits.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { datasetIdOf } from '../datasets/dataset.js';
import { fieldsOf } from '../fields-of.js';
import { Split } from '../images/split.js';
import { Model } from '../models/model.js';
import {
  CaptionDiversity,
  CaptionGroup,
  MetricFigure,
  metricFigures,
  MetricFigures,
  MetricIntervals,
  RatingAgreement,
} from './figures.js';
import { Needs } from '../scopes.js';

/** Groups of captions in a report. */
const USUAL_GROUPS = 5;
/** A thousand captions are read and computed with. */
export const CAPTIONS_COST = 200;

const ReportOrigin = { EVALUATION: 'evaluation', TRAINING: 'training' } as const;
registerEnumType(ReportOrigin, {
  name: 'ReportOrigin',
  valuesConfig: {
    EVALUATION: { description: 'The captions of the finished model, or of another program, were measured.' },
    TRAINING: { description: "The training captioned the dev split after the model's epoch with beam 3." },
  },
});

const NULL = 'Null for TRAINING, and for evaluations of earlier versions.';

type HandedOn = Omit<ModelReport, 'model' | 'dataset' | 'figures' | 'captions'>;

@ObjectType({ description: "How good a model's captions are, measured against what people wrote." })
export class BleuReport extends fieldsOf<HandedOn>() {
  /** Undefined for TRAINING. */
  readonly evaluated: ModelReport['captions'];

  private readonly figures: ModelReport['figures'];
  private readonly datasetId: ModelReport['dataset'];

  @Field(() => Model)
  readonly model: Model;

  @Field(() => Split)
  declare readonly split: HandedOn['split'];

  @Field(() => ReportOrigin)
  declare readonly origin: HandedOn['origin'];

  @Field(() => Int, { nullable: true, description: 'The number of photos that were captioned. Null for TRAINING.' })
  declare readonly images: HandedOn['images'];

  @Field(() => Int, {
    nullable: true,
    description: 'The number of photos with captions that were left out because their files are missing. ' + NULL,
  })
  get leftOut(): number | undefined {
    return this.details?.leftOut;
  }

  @Field(() => Float, {
    nullable: true,
    description: '1 if the captions are at least as long as the references. Null for TRAINING.',
  })
  declare readonly brevityPenalty: HandedOn['brevityPenalty'];

  @Field(() => String, {
    nullable: true,
    description:
      "How it was measured, in the form of sacreBLEU's signatures. Only figures with the same signature can be " +
      'compared. Null for TRAINING.',
  })
  declare readonly signature: HandedOn['signature'];

  @Field(() => GraphQLISODateTime)
  declare readonly measuredAt: HandedOn['measuredAt'];

  constructor(
    { model, dataset, figures, captions, ...record }: ModelReport,
    readonly comparedTo?: ModelReport,
  ) {
    super(record);
    this.model = new Model(model);
    this.datasetId = dataset;
    this.figures = figures;
    this.evaluated = captions;
  }

  @Field(() => String, {
    description:
      'The name of the data set whose photos were captioned, or "all data sets". Figures of different photos cannot ' +
      'be compared.',
  })
  async measuredOn(@Ctx() { services }: ApiContext): Promise<string> {
    return services.datasetInWords(this.datasetId);
  }

  @Field(() => String, {
    nullable: true,
    description: 'The data set whose photos were captioned. Null for all data sets, or if it is not known.',
  })
  async dataset(@Ctx() { loaders }: ApiContext): Promise<string | null | undefined> {
    const { datasetId } = this;
    return datasetId && ((await loaders.datasets.load(datasetId))?.name ?? datasetId);
  }

  @Field(() => [Float], { description: 'BLEU-1 to BLEU-4 of the corpus, 0 to 1.' })
  get bleu(): readonly number[] {
    return bleuAmong(this.figures);
  }

  @Field(() => Float, { description: 'CIDEr-D, 0 to 10.' })
  get cider(): number | undefined {
    return this.figures.cider;
  }

  @Field(() => Float, { nullable: true, description: 'ROUGE-L, 0 to 1. Null for TRAINING.' })
  get rougeL(): number | undefined {
    return this.figures.rougeL;
  }

  @Field(() => Float, { nullable: true, description: `${METEOR_STEM} ${NULL}` })
  get meteorStem(): number | undefined {
    return this.figures.meteorStem;
  }

  @Field(() => [MetricFigure], {
    complexity: times(FIGURES.length),
    description: 'Every figure that was measured, with its 95 % interval.',
  })
  get metrics(): readonly MetricFigure[] {
    return metricFigures(this.figures, this.details?.intervals);
  }

  @Field(() => [MetricFigure], {
    complexity: times(FIGURES.length),
    description:
      'BLEU, CIDEr-D and ROUGE-L as pycocoevalcap makes them and papers print them: by the words that its tokeniser finds. ' +
      'Empty for TRAINING, and for evaluations of earlier versions.',
  })
  get cocoMetrics(): readonly MetricFigure[] {
    const coco = this.details?.coco;
    return coco ? metricFigures(coco.figures, coco.intervals) : [];
  }

  @Field(() => MetricIntervals, { nullable: true, description: `95 % intervals of the figures. ${NULL}` })
  get intervals(): MetricIntervals | undefined {
    const { details } = this;
    return details && new MetricIntervals(details.intervals);
  }

  @Field(() => MetricFigures, {
    nullable: true,
    description:
      "What people reach by the same measure: the mean over each photo's captions, each compared with the photo's " +
      'others. The model is ' +
      `compared with one more reference, which favours it. Null if photos have only one caption. ${NULL}`,
  })
  get ceiling(): MetricFigures | undefined {
    const ceiling = this.details?.ceiling;
    return ceiling ? new MetricFigures(ceiling) : undefined;
  }

  @Field(() => CaptionDiversity, { nullable: true, description: `How diverse the captions are. ${NULL}` })
  get diversity(): CaptionDiversity | undefined {
    const { details } = this;
    return details && new CaptionDiversity(details.diversity);
  }

  @Field(() => [CaptionGroup], {
    complexity: times(USUAL_GROUPS),
    description:
      'The captions grouped by their number of words, the shortest first. Empty for TRAINING, and for evaluations ' +
      'of earlier versions.',
  })
  async byLength(): Promise<CaptionGroup[]> {
    return ((await this.evaluated?.byLength()) ?? []).map((group) => new CaptionGroup(group));
  }

  @Field(() => [CaptionGroup], {
    complexity: times(USUAL_GROUPS),
    description:
      'The captions grouped by how much there is to say about the photo, a proxy for the number of objects: the ' +
      'content words ' +
      'that at least two people used. Empty for TRAINING, and for evaluations of earlier versions.',
  })
  async byComplexity(): Promise<CaptionGroup[]> {
    return ((await this.evaluated?.byContent()) ?? []).map((group) => new CaptionGroup(group));
  }

  @Field(() => RatingAgreement, {
    nullable: true,
    complexity: CAPTIONS_COST,
    description:
      "How well the metrics agree with people's ratings of the measured captions. Null while there are no ratings.",
  })
  async agreement(): Promise<RatingAgreement | undefined> {
    const agreement = await this.evaluated?.agreement();
    return agreement && new RatingAgreement(agreement);
  }

  @Field(() => Int, {
    nullable: true,
    description:
      'The number of these photos that were deleted later. The figures cover all captioned photos; captions, ' +
      `groups and comparison cover those that are left. ${NULL}`,
  })
  async deletedImages(): Promise<number | undefined> {
    return this.details && this.evaluated?.deleted();
  }
}

@Resolver()
export class ReportResolver {
  @Needs('read')
  @Query(() => BleuReport, {
    description:
      'Reports how good a model is: its latest evaluation on the split or, on the dev split, what was measured ' +
      'during its training. ' +
      'No photo is captioned for it; evaluateModel does that. Errors: NOT_FOUND, NO_MODEL.',
  })
  async bleuReport(
    @Arg('modelId', () => ID, {
      nullable: true,
      description: 'The model that captions. Default: the current model.',
    })
    modelId: string | null | undefined,
    @Arg('split', () => Split, { defaultValue: Split.DEV }) split: SplitName,
    @Arg('dataset', () => String, {
      nullable: true,
      description:
        'Only what was measured on photos of this data set, its id or its name. Default: all data sets, or else the ' +
        'one measured last.',
    })
    dataset: string | null | undefined,
    @Arg('compareTo', () => ID, {
      nullable: true,
      description: 'The model that `comparison` compares with. Default: none.',
    })
    compareTo: string | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<BleuReport> {
    const report = await services.findReport({
      split,
      modelId: (modelId ?? undefined) as ModelId | undefined,
      dataset: await datasetIdOf(dataset, services),
    });
    if (compareTo == null) return new BleuReport(report);
    // On the same photos, where it was measured on them.
    const compared = { split, modelId: compareTo as ModelId, dataset: report.dataset ?? undefined };
    return new BleuReport(report, await services.findReport(compared));
  }
}
