import { Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { type Corrections as Counted, paysToTrain } from '../../trainings/corrections.js';
import type { ApiContext } from '../context.js';
import { fieldsOf } from '../fields-of.js';
import { Needs } from '../scopes.js';

@ObjectType({ description: 'How many photos people have corrected, beside what a training on corrections needs.' })
class Corrections extends fieldsOf<Counted>() {
  @Field(() => Int, {
    description:
      'The number of photos for which people wrote, chose or adopted a caption here. Photos of the test split do not ' +
      'count.',
  })
  declare readonly photos: Counted['photos'];

  @Field(() => Int, { description: 'The number of these photos that are held out: they only measure.' })
  declare readonly heldOut: Counted['heldOut'];

  @Field(() => Int, {
    description: 'The number of these photos that were corrected since the captioner in use was made.',
  })
  declare readonly sinceModel: Counted['sinceModel'];

  @Field(() => Int, { description: 'The number of photos that a training on corrections needs.' })
  declare readonly needed: Counted['needed'];

  @Field(() => Boolean, {
    description:
      'Whether a training with the task CORRECTIONS is offered: as many photos as are needed were corrected since the ' +
      'captioner in use was made.',
  })
  get offered(): boolean {
    return paysToTrain(this);
  }
}

@Resolver()
export class CorrectionsResolver {
  @Needs('read')
  @Query(() => Corrections, {
    description: 'How many photos people have corrected, and whether a training on the corrections is offered.',
  })
  async corrections(@Ctx() { services }: ApiContext): Promise<Corrections> {
    return new Corrections(await services.training.corrections());
  }
}
