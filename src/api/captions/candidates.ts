/** Captions that a model could write for a photo: its beam search ends with them. */
import type { ComplexityEstimatorArgs } from 'graphql-query-complexity';
import { Arg, Ctx, FieldResolver, ID, Int, ObjectType, Resolver, Root } from 'type-graphql';
import { type Caption, DEFAULT_OPTIONS } from '../../captioner/captioner.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ModelId } from '../../ids.js';
import type { ApiContext } from '../context.js';
import { PRICES } from '../costs.js';
import { Image } from '../images/image.js';
import { WrittenCaption } from './caption.js';
import { Needs } from '../scopes.js';

/** The beam search that writes the caption ends with as many: with a wider one the caption itself could be another. */
const MOST_CANDIDATES = DEFAULT_OPTIONS.beamWidth;

export const FIRST_CANDIDATES = {
  defaultValue: MOST_CANDIDATES,
  description: `The number of candidates, from 1 to ${MOST_CANDIDATES}.`,
};

/** Options of a field that returns candidates. */
export const candidatesOptions = {
  complexity: ({ childComplexity }: Pick<ComplexityEstimatorArgs, 'childComplexity'>) =>
    PRICES.candidates + MOST_CANDIDATES * childComplexity,
};

@ObjectType({ description: 'A sentence that a model could write for a photo. It is not kept; chooseCaption keeps it.' })
export class CaptionCandidate extends WrittenCaption {}

/** @throws BAD_USER_INPUT when `first` is out of range, before `candidates` is called */
export async function firstCandidates(
  first: number,
  candidates: () => Promise<readonly Caption[]>,
): Promise<CaptionCandidate[]> {
  if (first < 1 || first > MOST_CANDIDATES) {
    const message = `The number of candidates is from 1 to ${MOST_CANDIDATES}, not ${first}.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  return (await candidates()).slice(0, first).map((caption) => new CaptionCandidate(caption));
}

@Resolver(() => Image)
export class CandidatesOfImageResolver {
  @Needs('caption')
  @FieldResolver(() => [CaptionCandidate], {
    ...candidatesOptions,
    description:
      'Captions that a model could write for the photo, the likeliest first. They are computed now and not kept; ' +
      'chooseCaption keeps one. ' +
      'Errors: NOT_FOUND, NO_MODEL, ENCODER_MISMATCH.',
  })
  candidates(
    @Root() { id }: Image,
    @Arg('first', () => Int, FIRST_CANDIDATES) first: number,
    @Arg('modelId', () => ID, {
      nullable: true,
      description: 'The model that captions. Default: the current model.',
    })
    modelId: string | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<CaptionCandidate[]> {
    return firstCandidates(first, async () => {
      const model = await services.findCaptioner((modelId ?? undefined) as ModelId | undefined);
      return services.captionCandidates(id, model);
    });
  }
}
