import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { Agreement as AgreementRecord } from '../../evaluation/agreement.js';
import type { Interval, Intervals } from '../../evaluation/bootstrap.js';
import type { Diversity } from '../../evaluation/diversity.js';
import type { CaptionGroup as GroupRecord } from '../../evaluation/groups.js';
import { FIGURES } from '../../metrics/all.js';
import { bleuAmong } from '../../metrics/bleu.js';
import { METEOR_STEM } from '../../metrics/meteor-stem.js';
import type { Figure } from '../../metrics/metric.js';
import type { Figures } from '../../metrics/scores.js';
import { times } from '../limits.js';
import type { PeoplesAgreement } from '../evaluated-captions.js';
import { Metric } from './enums.js';

@ObjectType({ description: 'What captions are worth by one metric.' })
export class MetricFigure {
  @Field(() => Float)
  readonly value: number;

  constructor(
    private readonly figure: Figure,
    value: number,
    private readonly interval: Interval | undefined,
  ) {
    this.value = value;
  }

  @Field(() => String, { description: 'Such as `rougeL`: its name in files.' })
  get key(): string {
    return this.figure.key;
  }

  @Field(() => String, { description: 'As people write it, such as ROUGE-L.' })
  get name(): string {
    return this.figure.name;
  }

  @Field(() => String)
  get description(): string {
    return this.figure.description;
  }

  @Field(() => Float, { nullable: true, description: 'The best value there is; null where there is no end.' })
  get highest(): number | null {
    return this.figure.highest;
  }

  @Field(() => Float, { nullable: true, description: 'Where its 95 % interval begins; null where there is none.' })
  get low(): number | undefined {
    return this.interval?.low;
  }

  @Field(() => Float, { nullable: true, description: 'Where its 95 % interval ends; null where there is none.' })
  get high(): number | undefined {
    return this.interval?.high;
  }
}

/** Those that there are, in the order of the table. */
export function metricFigures(figures: Figures, intervals: Intervals = {}): MetricFigure[] {
  return FIGURES.flatMap((figure) => {
    const value = figures[figure.key];
    return value === undefined ? [] : [new MetricFigure(figure, value, intervals[figure.key])];
  });
}

/** As people write a figure. @param key one of the table's */
export function figureName(key: string): string {
  return FIGURES.find((figure) => figure.key === key)?.name ?? key;
}

@ObjectType({ description: 'What captions are worth together.' })
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

  @Field(() => [MetricFigure], { complexity: times(FIGURES.length), description: 'All of them, one metric after the other.' })
  get metrics(): readonly MetricFigure[] {
    return metricFigures(this.figures);
  }
}

@ObjectType({ description: 'Where a figure lies in 95 of 100 samples of as many photos (bootstrap).' })
export class MetricInterval {
  @Field(() => Float)
  readonly low: number;

  @Field(() => Float)
  readonly high: number;

  constructor({ low, high }: Interval) {
    this.low = low;
    this.high = high;
  }
}

@ObjectType({ description: '95 % intervals of the figures.' })
export class MetricIntervals {
  constructor(private readonly intervals: Intervals) {}

  @Field(() => [MetricInterval], { description: 'Of BLEU-1 to BLEU-4.' })
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

@ObjectType({ description: 'How much captions differ from each other and from what the model has read.' })
export class CaptionDiversity {
  constructor(private readonly diversity: Diversity) {}

  @Field(() => Int, { description: 'Captions of which no two are equal.' })
  get distinctCaptions(): number {
    return this.diversity.distinctCaptions;
  }

  @Field(() => Float, { description: 'Distinct words over all words, 0 to 1.' })
  get distinct1(): number {
    return this.diversity.distinct1;
  }

  @Field(() => Float, { description: 'Distinct pairs of words over all pairs, 0 to 1.' })
  get distinct2(): number {
    return this.diversity.distinct2;
  }

  @Field(() => Int, { description: 'Words that are used.' })
  get vocabulary(): number {
    return this.diversity.vocabulary;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'Share of captions that nobody wrote of a training photo, 0 to 1; null where the collection has no train split.',
  })
  get novel(): number | null {
    return this.diversity.novel;
  }

  @Field(() => Float, { description: 'Words a caption.' })
  get meanLength(): number {
    return this.diversity.meanLength;
  }

  @Field(() => [Int], { description: 'How many captions have 0, 1, 2 and so on words.' })
  get lengths(): readonly number[] {
    return this.diversity.lengths;
  }
}

@ObjectType({ description: 'Captions that have something in common. CIDEr-D keeps the document frequencies of the whole split.' })
export class CaptionGroup {
  constructor(private readonly group: GroupRecord) {}

  @Field(() => Int, { description: 'They have this many words, or more.' })
  get from(): number {
    return this.group.from;
  }

  @Field(() => Int, { nullable: true, description: 'At most this many; null for no limit.' })
  get to(): number | null {
    return this.group.to;
  }

  @Field(() => Int)
  get images(): number {
    return this.group.images;
  }

  @Field(() => MetricFigures)
  get figures(): MetricFigures {
    return new MetricFigures(this.group.figures);
  }
}

@ObjectType({ description: 'How well a metric agrees with people about single captions.' })
export class MetricAgreement {
  constructor(private readonly agreement: AgreementRecord) {}

  @Field(() => Metric, { description: 'Of single captions: BLEU-4 with add-one smoothing.' })
  get metric(): string {
    return this.agreement.metric;
  }

  @Field(() => String, { description: 'The metric as people write it.' })
  get name(): string {
    return figureName(this.agreement.metric);
  }

  @Field(() => Float, { nullable: true, description: "Spearman's rank correlation, -1 to 1; null where all captions are alike." })
  get spearman(): number | null {
    return this.agreement.spearman;
  }

  @Field(() => Float, { nullable: true, description: "Kendall's tau-b, -1 to 1; null where all captions are alike." })
  get kendall(): number | null {
    return this.agreement.kendall;
  }
}

@ObjectType({ description: 'How well the metrics agree with the ratings people gave: rateCaption.' })
export class RatingAgreement {
  constructor(private readonly agreement: PeoplesAgreement) {}

  @Field(() => Int, { description: 'Captions of the split that people have rated.' })
  get captions(): number {
    return this.agreement.captions;
  }

  @Field(() => [MetricAgreement])
  get metrics(): readonly MetricAgreement[] {
    return this.agreement.metrics.map((one) => new MetricAgreement(one));
  }
}
