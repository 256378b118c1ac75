import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { Difference } from '../../evaluation/bootstrap.js';
import type { Comparison } from '../../jobs/compare-evaluations.js';
import { Metric } from './enums.js';
import { figureName, MetricInterval } from './figures.js';
import { BleuReport } from './report.js';

@ObjectType({ description: 'How much better a model is than another by a metric, on the same photos (paired bootstrap, Koehn 2004).' })
export class MetricDifference {
  constructor(private readonly record: Difference) {}

  @Field(() => Metric)
  get metric(): string {
    return this.record.metric;
  }

  @Field(() => String, { description: 'The metric as people write it.' })
  get name(): string {
    return figureName(this.record.metric);
  }

  @Field(() => Float, { description: "This model's figure less the other's." })
  get difference(): number {
    return this.record.difference;
  }

  @Field(() => MetricInterval, { description: '95 % interval of the difference.' })
  get interval(): MetricInterval {
    return new MetricInterval(this.record.interval);
  }

  @Field(() => Float, { description: 'In which share of 1,000 samples of photos this model is better, 0 to 1.' })
  get better(): number {
    return this.record.better;
  }

  @Field(() => Float, { description: 'How often chance alone shows a difference as large, 0 to 1: below 0.05 it is hardly chance.' })
  get pValue(): number {
    return this.record.pValue;
  }
}

@ObjectType({ description: 'Two models on the photos of one data set.' })
export class DatasetComparison {
  constructor(private readonly record: Comparison['byDataset'][number]) {}

  @Field(() => String, { nullable: true, description: 'Null for uploads: by them one sees whether learning from people helped.' })
  get dataset(): string | null {
    return this.record.dataset;
  }

  @Field(() => Int)
  get images(): number {
    return this.record.images;
  }

  @Field(() => [MetricDifference])
  get differences(): readonly MetricDifference[] {
    return this.record.differences.map((difference) => new MetricDifference(difference));
  }
}

@ObjectType({ description: 'Two models on the same photos.' })
export class ModelComparison {
  @Field(() => BleuReport, { description: 'The report of the other model.' })
  readonly other: object;

  constructor(private readonly comparison: Comparison, other: object) {
    this.other = other;
  }

  @Field(() => Int, { description: 'Photos both have captioned.' })
  get images(): number {
    return this.comparison.images;
  }

  @Field(() => [MetricDifference])
  get differences(): readonly MetricDifference[] {
    return this.comparison.differences.map((difference) => new MetricDifference(difference));
  }

  @Field(() => [DatasetComparison], { description: 'The same for the photos of each data set, and for uploads.' })
  get byDataset(): readonly DatasetComparison[] {
    return this.comparison.byDataset.map((one) => new DatasetComparison(one));
  }
}
