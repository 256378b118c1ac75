import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Agreement } from '../../evaluation/agreement.js';
import type { Interval, Intervals } from '../../evaluation/bootstrap.js';
import type { Diversity } from '../../evaluation/diversity.js';
import type { PeoplesAgreement } from '../../evaluation/evaluated-captions.js';
import type { CaptionGroup as Group } from '../../evaluation/groups.js';
import { FIGURES } from '../../metrics/all.js';
import { bleuAmong } from '../../metrics/bleu.js';
import { METEOR_STEM } from '../../metrics/meteor-stem.js';
import type { Figure } from '../../metrics/metric.js';
import type { Figures } from '../../metrics/scores.js';
import { times } from '../costs.js';
import { enumName, enumOf } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';

export const Metric = enumOf(FIGURES.map(({ key }) => key));
registerEnumType(Metric, {
  name: 'Metric',
  valuesConfig: Object.fromEntries(FIGURES.map(({ key, description }) => [enumName(key), { description }])),
});

interface MeasuredFigure extends Pick<Figure, 'key' | 'name' | 'description' | 'highest'>, Partial<Interval> {
  readonly value: number;
}

@ObjectType({ description: 'How good captions are by one metric.' })
export class MetricFigure extends fieldsOf<MeasuredFigure>() {
  @Field(() => Float)
  declare readonly value: MeasuredFigure['value'];

  @Field(() => String, { description: 'Its name in files, such as `rougeL`.' })
  declare readonly key: MeasuredFigure['key'];

  @Field(() => String, { description: 'Its name, such as ROUGE-L.' })
  declare readonly name: MeasuredFigure['name'];

  @Field(() => String)
  declare readonly description: MeasuredFigure['description'];

  @Field(() => Float, { nullable: true, description: 'The best possible value. Null if there is no limit.' })
  declare readonly highest: MeasuredFigure['highest'];

  @Field(() => Float, { nullable: true, description: 'The beginning of its 95 % interval. Null if there is none.' })
  declare readonly low?: MeasuredFigure['low'];

  @Field(() => Float, { nullable: true, description: 'The end of its 95 % interval. Null if there is none.' })
  declare readonly high?: MeasuredFigure['high'];
}

/** Those that there are, in the order of the table. */
export function metricFigures(figures: Figures, intervals: Intervals = {}): MetricFigure[] {
  return FIGURES.flatMap((figure) => {
    const value = figures[figure.key];
    const { key, name, description, highest } = figure;
    return value === undefined ? [] : [new MetricFigure({ key, name, description, highest, value, ...intervals[key] })];
  });
}

/** As people write a figure. @param key one of the table's */
export function figureName(key: string): string {
  return FIGURES.find((figure) => figure.key === key)?.name ?? key;
}

@ObjectType({ description: 'How good captions are by every metric.' })
export class MetricFigures {
  constructor(private readonly figures: Figures) {}

  @Field(() => [Float], { description: 'BLEU-1 to BLEU-4 of the corpus, 0 to 1.' })
  get bleu(): readonly number[] {
    return bleuAmong(this.figures);
  }

  @Field(() => Float, { description: 'CIDEr-D, 0 to 10.' })
  get cider(): number | undefined {
    return this.figures.cider;
  }

  @Field(() => Float, { description: 'ROUGE-L, 0 to 1.' })
  get rougeL(): number | undefined {
    return this.figures.rougeL;
  }

  @Field(() => Float, { description: METEOR_STEM })
  get meteorStem(): number | undefined {
    return this.figures.meteorStem;
  }

  @Field(() => [MetricFigure], {
    complexity: times(FIGURES.length),
    description: 'Every figure, one metric after the other.',
  })
  get metrics(): readonly MetricFigure[] {
    return metricFigures(this.figures);
  }
}

@ObjectType({
  description: 'The interval that holds a figure in 95 of 100 random samples of equally many photos (bootstrap).',
})
export class MetricInterval extends fieldsOf<Interval>() {
  @Field(() => Float)
  declare readonly low: Interval['low'];

  @Field(() => Float)
  declare readonly high: Interval['high'];
}

@ObjectType({ description: '95 % intervals of the figures.' })
export class MetricIntervals {
  constructor(private readonly intervals: Intervals) {}

  @Field(() => [MetricInterval], { description: 'The intervals of BLEU-1 to BLEU-4.' })
  get bleu(): readonly MetricInterval[] {
    return bleuAmong(this.intervals).map((interval) => new MetricInterval(interval));
  }

  @Field(() => MetricInterval)
  get cider(): MetricInterval | undefined {
    return this.of('cider');
  }

  @Field(() => MetricInterval)
  get rougeL(): MetricInterval | undefined {
    return this.of('rougeL');
  }

  @Field(() => MetricInterval)
  get meteorStem(): MetricInterval | undefined {
    return this.of('meteorStem');
  }

  private of(key: string): MetricInterval | undefined {
    const interval = this.intervals[key];
    return interval && new MetricInterval(interval);
  }
}

@ObjectType({ description: 'How much the captions differ from each other and from the training captions.' })
export class CaptionDiversity extends fieldsOf<Diversity>() {
  @Field(() => Int, { description: 'The number of different captions.' })
  declare readonly distinctCaptions: Diversity['distinctCaptions'];

  @Field(() => Float, { description: 'The number of distinct words divided by the number of words, 0 to 1.' })
  declare readonly distinct1: Diversity['distinct1'];

  @Field(() => Float, { description: 'The number of distinct word pairs divided by the number of word pairs, 0 to 1.' })
  declare readonly distinct2: Diversity['distinct2'];

  @Field(() => Int, { description: 'The number of different words in all captions.' })
  declare readonly vocabulary: Diversity['vocabulary'];

  @Field(() => Float, {
    nullable: true,
    description:
      'The share of captions that are not among the training captions, 0 to 1. Null if the collection has no train ' +
      'split.',
  })
  declare readonly novel: Diversity['novel'];

  @Field(() => Float, { description: 'The mean number of words in a caption.' })
  declare readonly meanLength: Diversity['meanLength'];

  @Field(() => [Int], { description: 'The number of captions with 0, 1, 2 and so on words.' })
  declare readonly lengths: Diversity['lengths'];
}

@ObjectType({
  description: 'Captions that have something in common. CIDEr-D uses the document frequencies of the whole split.',
})
export class CaptionGroup extends fieldsOf<Omit<Group, 'figures'>>() {
  @Field(() => Int, { description: 'The lower limit of the group: a number of words.' })
  declare readonly from: Group['from'];

  @Field(() => Int, { nullable: true, description: 'The upper limit of the group. Null for no limit.' })
  declare readonly to: Group['to'];

  @Field(() => Int)
  declare readonly images: Group['images'];

  @Field(() => MetricFigures)
  readonly figures: MetricFigures;

  constructor({ figures, ...group }: Group) {
    super(group);
    this.figures = new MetricFigures(figures);
  }
}

@ObjectType({ description: 'How well a metric agrees with people about single captions.' })
class MetricAgreement extends fieldsOf<Agreement>() {
  @Field(() => Metric, { description: 'The metric of single captions. BLEU-4 has add-one smoothing.' })
  declare readonly metric: Agreement['metric'];

  @Field(() => String, { description: 'The name of the metric, such as ROUGE-L.' })
  get name(): string {
    return figureName(this.metric);
  }

  @Field(() => Float, {
    nullable: true,
    description: "Spearman's rank correlation, -1 to 1. Null if all captions have the same rating or the same score.",
  })
  declare readonly spearman: Agreement['spearman'];

  @Field(() => Float, {
    nullable: true,
    description: "Kendall's tau-b, -1 to 1. Null if all captions have the same rating or the same score.",
  })
  declare readonly kendall: Agreement['kendall'];
}

@ObjectType({ description: 'How well the metrics agree with the ratings that people gave with rateCaption.' })
export class RatingAgreement extends fieldsOf<Omit<PeoplesAgreement, 'metrics'>>() {
  @Field(() => Int, { description: 'The number of captions of the split that people have rated.' })
  declare readonly captions: PeoplesAgreement['captions'];

  @Field(() => [MetricAgreement])
  readonly metrics: readonly MetricAgreement[];

  constructor({ metrics, ...agreement }: PeoplesAgreement) {
    super(agreement);
    this.metrics = metrics.map((metric) => new MetricAgreement(metric));
  }
}
