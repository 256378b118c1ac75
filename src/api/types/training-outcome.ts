import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { CandidateComparison, CandidateOutcome, SearchCandidateComparison } from '../../jobs/candidates.js';
import { MetricInterval } from './figures.js';

@ObjectType({ description: 'A new captioner beside the one that was in use, on the same held-out photos.' })
export class CandidateComparisonResult {
  constructor(private readonly record: CandidateComparison) {}

  @Field(() => Int, { description: 'Photos both have captioned.' })
  get images(): number {
    return this.record.images;
  }

  @Field(() => String, { nullable: true, description: 'The data set they are of, with the held-out uploads that people captioned; all when null.' })
  get dataset(): string | null {
    return this.record.dataset;
  }

  @Field(() => Float, { description: 'CIDEr-D of the new model on these photos.' })
  get cider(): number {
    return this.record.cider;
  }

  @Field(() => Float, { description: 'CIDEr-D of the one that was in use on the same photos.' })
  get currentCider(): number {
    return this.record.currentCider;
  }

  @Field(() => Float, { description: 'Of CIDEr-D, the new model\'s less the other\'s.' })
  get difference(): number {
    return this.record.difference;
  }

  @Field(() => MetricInterval, { description: '95 % interval of the difference (paired bootstrap).' })
  get interval(): MetricInterval {
    return new MetricInterval(this.record);
  }

  @Field(() => Float, { description: 'How often chance alone shows a difference as large, 0 to 1.' })
  get pValue(): number {
    return this.record.pValue;
  }
}

@ObjectType({ description: 'A new search model beside the one that answered, on the same held-out photos and their captions.' })
export class SearchCandidateComparisonResult {
  constructor(private readonly record: SearchCandidateComparison) {}

  @Field(() => Int)
  get images(): number {
    return this.record.images;
  }

  @Field(() => String, { nullable: true, description: 'The data set they are of; all when null.' })
  get dataset(): string | null {
    return this.record.dataset;
  }

  @Field(() => Float, { description: 'Of the new model: the mean of the recalls among 1, 5 and 10, of photos by captions and of captions by photos, 0 to 1.' })
  get recall(): number {
    return this.record.recall;
  }

  @Field(() => Float, { description: 'The same of the one that was in use.' })
  get currentRecall(): number {
    return this.record.currentRecall;
  }

  @Field(() => Float, { description: 'The new model\'s recall less the other\'s.' })
  get difference(): number {
    return this.record.difference;
  }

  @Field(() => MetricInterval, { description: '95 % interval of the difference (paired bootstrap over photos).' })
  get interval(): MetricInterval {
    return new MetricInterval(this.record);
  }

  @Field(() => Float, { description: 'How often chance alone shows a difference as large, 0 to 1.' })
  get pValue(): number {
    return this.record.pValue;
  }
}

@ObjectType({ description: 'What became of the model of a training.' })
export class TrainingOutcome {
  constructor(private readonly record: CandidateOutcome) {}

  @Field(() => String, { description: 'What was found and done, and how to switch.' })
  get sentence(): string {
    return this.record.sentence;
  }

  @Field(() => String, { description: 'What was found and done, for clients that offer the switch themselves.' })
  get found(): string {
    return this.record.found;
  }

  @Field(() => Boolean, { description: 'It took the place of the one in use; a search model does so once it has embedded every photo.' })
  get used(): boolean {
    return this.record.used;
  }

  @Field(() => ID, { nullable: true, description: 'The model that was in use, beside which it was measured; null where there was none.' })
  get currentModelId(): string | null {
    return this.record.currentModelId;
  }

  @Field(() => CandidateComparisonResult, { nullable: true, description: 'Null for search models, and where there was nothing to compare with or on.' })
  get comparison(): CandidateComparisonResult | null {
    return this.record.comparison && new CandidateComparisonResult(this.record.comparison);
  }

  @Field(() => SearchCandidateComparisonResult, { nullable: true, description: 'Null for captioners, and where there was nothing to compare with or on.' })
  get searchComparison(): SearchCandidateComparisonResult | null {
    return this.record.searchComparison && new SearchCandidateComparisonResult(this.record.searchComparison);
  }
}
