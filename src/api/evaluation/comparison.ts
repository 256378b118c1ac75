import { Field, FieldResolver, Float, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Difference } from '../../evaluation/bootstrap.js';
import type { Comparison } from '../../evaluation/compare-evaluations.js';
import { fieldsOf } from '../fields-of.js';
import { figureName, Metric, MetricInterval } from './figures.js';
import { BleuReport, CAPTIONS_COST } from './report.js';

@ObjectType({
  description:
    'How much better one model is than another by a metric, on the same photos (paired bootstrap, Koehn 2004).',
})
class MetricDifference extends fieldsOf<Omit<Difference, 'interval'>>() {
  @Field(() => Metric)
  declare readonly metric: Difference['metric'];

  @Field(() => String, { description: 'The name of the metric, such as ROUGE-L.' })
  get name(): string {
    return figureName(this.metric);
  }

  @Field(() => Float, { description: "This model's figure minus the other's." })
  declare readonly difference: Difference['difference'];

  @Field(() => MetricInterval, { description: 'The 95 % interval of the difference.' })
  readonly interval: MetricInterval;

  @Field(() => Float, {
    description: 'The share of 1,000 random samples of the photos in which this model is better, 0 to 1.',
  })
  declare readonly better: Difference['better'];

  @Field(() => Float, {
    description:
      'The probability that chance alone gives a difference this large, 0 to 1. Below 0.05, chance is unlikely.',
  })
  declare readonly pValue: Difference['pValue'];

  constructor({ interval, ...difference }: Difference) {
    super(difference);
    this.interval = new MetricInterval(interval);
  }
}

type OnDataset = Comparison['byDataset'][number];

@ObjectType({ description: 'Two models on the photos of one data set.' })
class DatasetComparison extends fieldsOf<Omit<OnDataset, 'differences'>>() {
  @Field(() => String, {
    nullable: true,
    description: 'The name of the data set. Null for uploads, which show whether learning from people helped.',
  })
  declare readonly dataset: OnDataset['dataset'];

  @Field(() => Int)
  declare readonly images: OnDataset['images'];

  @Field(() => [MetricDifference])
  readonly differences: readonly MetricDifference[];

  constructor({ differences, ...comparison }: OnDataset) {
    super(comparison);
    this.differences = differences.map((difference) => new MetricDifference(difference));
  }
}

@ObjectType({ description: 'Two models on the same photos.' })
class ModelComparison {
  @Field(() => BleuReport, { description: 'The report of the other model.' })
  readonly other: BleuReport;

  @Field(() => Int, { description: 'The number of photos that both have captioned.' })
  readonly images: number;

  @Field(() => [MetricDifference])
  readonly differences: readonly MetricDifference[];

  @Field(() => [DatasetComparison], { description: 'The differences on the photos of each data set, and on uploads.' })
  readonly byDataset: readonly DatasetComparison[];

  constructor({ images, differences, byDataset }: Comparison, other: BleuReport) {
    this.other = other;
    this.images = images;
    this.differences = differences.map((difference) => new MetricDifference(difference));
    this.byDataset = byDataset.map((one) => new DatasetComparison(one));
  }
}

@Resolver(() => BleuReport)
export class ComparisonResolver {
  @FieldResolver(() => ModelComparison, {
    nullable: true,
    complexity: ({ childComplexity }) => CAPTIONS_COST + childComplexity,
    description:
      'This model compared with the model of `compareTo`, on the photos that both have captioned. Null without ' +
      '`compareTo`, or if there are no such photos.',
  })
  async comparison(@Root() { evaluated, comparedTo }: BleuReport): Promise<ModelComparison | undefined> {
    if (!evaluated || !comparedTo?.captions) return undefined;
    const comparison = await evaluated.comparedWith(comparedTo.captions);
    return comparison && new ModelComparison(comparison, new BleuReport(comparedTo));
  }
}
