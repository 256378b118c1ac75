import { Field, Int, ObjectType } from 'type-graphql';
import type { Dataset } from '../../datasets/dataset.js';
import { describeSummary } from '../../datasets/describe-summary.js';
import { ImportProblem } from './job.js';

@ObjectType({ description: 'What an import would find in a folder.' })
export class DatasetPreview {
  constructor(private readonly dataset: Dataset) {}

  @Field(() => String, { description: 'Such as: COCO\'s JSON: 8,000 photos, 40,000 captions, 6,000/1,000/1,000 in train/dev/test.' })
  get summary(): string {
    return describeSummary(this.dataset.summary);
  }

  @Field(() => String, { description: 'Id of the format.' })
  get format(): string {
    return this.dataset.format;
  }

  @Field(() => Int)
  get photos(): number {
    return this.dataset.summary.photos;
  }

  @Field(() => Int)
  get captions(): number {
    return this.dataset.summary.captions;
  }

  @Field(() => [ImportProblem])
  get problems(): ImportProblem[] {
    return this.dataset.problems.map((problem) => new ImportProblem(problem));
  }
}
