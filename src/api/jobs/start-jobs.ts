/** Jobs over the whole collection: its photos are seen, embedded and captioned. */
import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import type { ModelId } from '../../ids.js';
import { captionKind } from '../../jobs/kinds/caption.js';
import { embedKind } from '../../jobs/kinds/embed.js';
import { reindexKind } from '../../jobs/kinds/reindex.js';
import type { ApiContext } from '../context.js';
import { Job, JOB_COST } from './job.js';
import { Needs } from '../scopes.js';

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
  async embedCollection(@Ctx() { services }: ApiContext): Promise<Job> {
    return new Job(await services.jobs.embed());
  }

  @Needs(reindexKind.scope)
  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Starts a job that does the same as embedCollection, then removes what other encoders and search models made. ' +
      'Errors: WEIGHTS_UNAVAILABLE.',
  })
  async reindex(@Ctx() { services }: ApiContext): Promise<Job> {
    return new Job(await services.jobs.reindex());
  }

  @Needs(captionKind.scope)
  @Mutation(() => Job, {
    complexity: JOB_COST,
    description:
      'Starts a job in which a model captions the photos of the collection. What it writes is suggested as alternative ' +
      'text. Approved texts, captions of people and captions of other models stay. ' +
      'Errors: NOT_FOUND, NO_MODEL, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE.',
  })
  async captionCollection(
    @Arg('modelId', () => ID, {
      nullable: true,
      description: 'The model that captions. Default: the current model.',
    })
    modelId: string | null | undefined,
    @Arg('onlyMissing', () => Boolean, {
      defaultValue: true,
      description: 'Leave out photos that the model has captioned before.',
    })
    onlyMissing: boolean,
    @Arg('onlyOfOthers', () => Boolean, {
      defaultValue: false,
      description: 'Only photos that other models have captioned and this one has not.',
    })
    onlyOfOthers: boolean,
    @Ctx() { services }: ApiContext,
  ): Promise<Job> {
    const request = { modelId: (modelId ?? undefined) as ModelId | undefined, onlyMissing, onlyOfOthers };
    return new Job(await services.jobs.caption(request));
  }
}
