import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { RatingRecord, RatingSummary as Summary } from '../../store/ratings.js';

@ObjectType({ description: 'What people think of a sentence, all together.' })
export class RatingSummary {
  constructor(private readonly summary: Summary) {}

  @Field(() => Float, { description: '1 to 5, the best.' })
  get mean(): number {
    return this.summary.mean;
  }

  @Field(() => Int, { description: 'How many ratings there are.' })
  get count(): number {
    return this.summary.count;
  }
}

@ObjectType({ description: 'What a person thinks of a sentence a model wrote.' })
export class Rating {
  constructor(private readonly record: RatingRecord) {}

  @Field(() => ID)
  get id(): string {
    return this.record.id;
  }

  @Field(() => Int, { description: '1 to 5, the best.' })
  get rating(): number {
    return this.record.rating;
  }

  @Field(() => String, { description: 'The sentence as it was when it was rated.' })
  get text(): string {
    return this.record.text;
  }
}
