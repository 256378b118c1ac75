import { Ctx, Field, ID, InputType, Mutation, Resolver } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { ModelId } from '../../ids.js';
import type { Split as SplitName } from '../../splits.js';
import type { ApiContext } from '../context.js';
import { datasetIdOf } from '../datasets/dataset.js';
import { Split } from '../images/split.js';
import { Input } from '../inputs.js';
import { BleuReport } from './report.js';
import { Needs } from '../scopes.js';

/** Captioning a split keeps the machine busy for minutes. */
const EVALUATION_COST = 5000;

@InputType()
class EvaluateModelInput {
  @Field(() => ID)
  declare readonly modelId: ModelId;

  @Field(() => Split, { defaultValue: Split.DEV })
  declare readonly split: SplitName;

  @Field(() => String, {
    nullable: true,
    description: 'Only photos of this data set, its id or its name. Default: photos of all data sets.',
  })
  declare readonly dataset?: string | null;
}

@Resolver()
export class EvaluateModelResolver {
  @Needs('train')
  @Mutation(() => BleuReport, {
    complexity: EVALUATION_COST,
    description:
      'Captions every photo of the split that people have captioned, and measures the captions. It takes minutes ' +
      'for a thousand ' +
      'photos. The result is stored: bleuReport finds it even if the client does not wait. Errors: NOT_FOUND, ' +
      'INVALID_DATASET, ENCODER_MISMATCH, CONFLICT.',
  })
  async evaluateModel(
    @Input(() => EvaluateModelInput) { modelId, split, dataset }: EvaluateModelInput,
    @Ctx() { services, evaluations, closing }: ApiContext,
  ): Promise<BleuReport> {
    const model = await services.findCaptioner(modelId);
    const datasetId = await datasetIdOf(dataset, services);
    const key = JSON.stringify([model.id, split, datasetId ?? null]);
    if (evaluations.has(key)) {
      const message = `The model "${model.name}" is being evaluated on this split already. Wait for bleuReport.`;
      throw new EkphrasisError(ErrorCode.Conflict, message);
    }
    evaluations.add(key);
    try {
      const request = { modelId: model.id, split, dataset: datasetId };
      await services.evaluate(request, undefined, closing);
      return new BleuReport(await services.findReport(request));
    } finally {
      evaluations.delete(key);
    }
  }
}
