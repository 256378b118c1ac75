import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { CandidateComparison, CandidateOutcome, SearchCandidateComparison } from '../../evaluation/candidates.js';
import { MetricInterval } from '../evaluation/figures.js';
import { fieldsOf } from '../fields-of.js';

@ObjectType({ description: 'A new captioner compared with the one that was in use, on the same held-out photos.' })
class CandidateComparisonResult extends fieldsOf<CandidateComparison>() {
  @Field(() => Int, { description: 'The number of photos that both have captioned.' })
  declare readonly images: CandidateComparison['images'];

  @Field(() => String, {
    nullable: true,
    description:
      'The data set of these photos; held-out uploads that people captioned are included. Null for all data sets.',
  })
  declare readonly dataset: CandidateComparison['dataset'];

  @Field(() => Float, { description: 'CIDEr-D of the new model on these photos.' })
  declare readonly cider: CandidateComparison['cider'];

  @Field(() => Float, { description: 'CIDEr-D of the model that was in use, on the same photos.' })
  declare readonly currentCider: CandidateComparison['currentCider'];

  @Field(() => Float, { description: 'CIDEr-D of the new model minus that of the other.' })
  declare readonly difference: CandidateComparison['difference'];

  @Field(() => MetricInterval, { description: 'The 95 % interval of the difference (paired bootstrap).' })
  get interval(): MetricInterval {
    return new MetricInterval(this);
  }

  @Field(() => Float, { description: 'The probability that chance alone gives a difference this large, 0 to 1.' })
  declare readonly pValue: CandidateComparison['pValue'];
}

@ObjectType({
  description: 'A new search model compared with the one in use, on the same held-out photos and their captions.',
})
class SearchCandidateComparisonResult extends fieldsOf<SearchCandidateComparison>() {
  @Field(() => Int)
  declare readonly images: SearchCandidateComparison['images'];

  @Field(() => String, { nullable: true, description: 'The data set of these photos. Null for all data sets.' })
  declare readonly dataset: SearchCandidateComparison['dataset'];

  @Field(() => Float, {
    description:
      'The recall of the new model, 0 to 1: the mean of the recalls at 1, 5 and 10, of photos by captions and of ' +
      'captions by photos.',
  })
  declare readonly recall: SearchCandidateComparison['recall'];

  @Field(() => Float, { description: 'The recall of the model that was in use.' })
  declare readonly currentRecall: SearchCandidateComparison['currentRecall'];

  @Field(() => Float, { description: 'The recall of the new model minus that of the other.' })
  declare readonly difference: SearchCandidateComparison['difference'];

  @Field(() => MetricInterval, { description: 'The 95 % interval of the difference (paired bootstrap over photos).' })
  get interval(): MetricInterval {
    return new MetricInterval(this);
  }

  @Field(() => Float, { description: 'The probability that chance alone gives a difference this large, 0 to 1.' })
  declare readonly pValue: SearchCandidateComparison['pValue'];
}

@ObjectType({ description: 'What became of the model of a training.' })
export class TrainingOutcome extends fieldsOf<Omit<CandidateOutcome, 'comparison' | 'searchComparison'>>() {
  @Field(() => String, { description: 'What was found and done, and how to switch.' })
  declare readonly sentence: CandidateOutcome['sentence'];

  @Field(() => String, { description: 'What was found and done, for clients that offer to switch themselves.' })
  declare readonly found: CandidateOutcome['found'];

  @Field(() => Boolean, {
    description: 'Whether it replaces the model in use; a search model does so once it has embedded every photo.',
  })
  declare readonly used: CandidateOutcome['used'];

  @Field(() => ID, {
    nullable: true,
    description: 'The model that was in use, which it was compared with. Null if there was none.',
  })
  declare readonly currentModelId: CandidateOutcome['currentModelId'];

  @Field(() => CandidateComparisonResult, {
    nullable: true,
    description:
      'The comparison of captioners. Null for search models, and if there was no other model or no held-out photo.',
  })
  readonly comparison: CandidateComparisonResult | null;

  @Field(() => SearchCandidateComparisonResult, {
    nullable: true,
    description:
      'The comparison of search models. Null for captioners, and if there was no other model or no held-out photo.',
  })
  readonly searchComparison: SearchCandidateComparisonResult | null;

  constructor({ comparison, searchComparison, ...outcome }: CandidateOutcome) {
    super(outcome);
    this.comparison = comparison && new CandidateComparisonResult(comparison);
    this.searchComparison = searchComparison && new SearchCandidateComparisonResult(searchComparison);
  }
}
