/** Jobs over the whole collection: its photos are seen, embedded and captioned. */
import { Ctx, Field, ID, InputType, Mutation, Resolver } from 'type-graphql';
import type { ModelId } from '../../ids.js';
import { captionKind } from '../../jobs/kinds/caption.js';
import { embedKind } from '../../jobs/kinds/embed.js';
import type { ApiContext } from '../context.js';
import { Input } from '../inputs.js';
import { Job, JOB_COST } from './job.js';
import { Needs } from '../scopes.js';

@InputType()
class EmbedCollectionInput {
  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Remove what other encoders and search models made, when all photos are done (a job REINDEX).',
  })
  declare readonly removeOthers: boolean;
}

@InputType()
class CaptionCollectionInput {
  @Field(() => ID, { nullable: true, description: 'The model that captions. Default: the current model.' })
  declare readonly modelId?: ModelId | null;

  @Field(() => Boolean, { defaultValue: true, description: 'Leave out photos that the model has captioned before.' })
  declare readonly onlyMissing: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Only photos that other models have captioned and this one has not.',
  })
  declare readonly onlyOfOthers: boolean;
}

@Resolver()
export class StartJobsResolver {
  @Needs(embedKind.scope)
  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Starts a job that encodes every photo that the encoder has not encoded yet, and embeds those that the search ' +
      'model has not. ' +
      'Searches use the result once all photos are done. Errors: WEIGHTS_UNAVAILABLE.',
  })
  async embedCollection(
    @Input(() => EmbedCollectionInput) { removeOthers }: EmbedCollectionInput,
    @Ctx() { services: { jobs } }: ApiContext,
  ): Promise<Job> {
    return new Job(await (removeOthers ? jobs.reindex() : jobs.embed()));
  }

  @Needs(captionKind.scope)
  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Starts a job in which a model captions the photos of the collection. Captions of people and of other models ' +
      'stay. ' +
      'Errors: NOT_FOUND, NO_MODEL, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE.',
  })
  async captionCollection(
    @Input(() => CaptionCollectionInput) { modelId, ...options }: CaptionCollectionInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Job> {
    return new Job(await services.jobs.caption({ modelId: modelId ?? undefined, ...options }));
  }
}
