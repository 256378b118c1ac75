import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { DatasetId, ModelId } from '../../ids.js';
import { findModel } from '../../jobs/models.js';
import { exactly } from '../../store/counts.js';
import type { Split as SplitName } from '../../store/images.js';
import type { ModelTask as ModelTaskName } from '../../store/models.js';
import type { ApiContext } from '../context.js';
import { connectionOptions, PageArguments, toContent, toPageRequest } from '../pages.js';
import { findReport, toReport } from '../reports.js';
import type { Services } from '../services.js';
import { ModelTask, Split } from '../types/enums.js';
import { Model, ModelConnection } from '../types/model.js';
import { BleuReport } from '../types/report.js';

/** Captioning a split keeps the machine busy for minutes. */
const EVALUATION_COST = 5000;

const DATASET = 'Measured on the photos of this data set. Default: on those of all, or else whatever data set it was measured on last.';

@Resolver()
export class ModelResolver {
  @Query(() => ModelConnection, { ...connectionOptions, description: 'The models there are, newest first.' })
  async models(
    @Args(() => PageArguments) args: PageArguments,
    @Arg('task', () => ModelTask, { nullable: true, description: 'Only those that do this.' }) asked: ModelTaskName | null | undefined,
    @Ctx() { services }: ApiContext,
  ) {
    const { models } = services.store;
    const task = asked ?? undefined;
    const page = await models.list(toPageRequest<ModelId>(args), task);
    return new ModelConnection(toContent(page, (record) => new Model(record), async () => exactly(await models.count(task))));
  }

  @Query(() => Model, { nullable: true, description: 'A model by its id; null where there is none.' })
  async model(@Arg('id', () => ID) id: string, @Ctx() { services }: ApiContext): Promise<Model | undefined> {
    const record = await services.store.models.find(id as ModelId);
    return record && new Model(record);
  }

  @Query(() => BleuReport, {
    description:
      'What a model is worth: its latest evaluation on the split, or for the dev split what was measured while it was trained. ' +
      'No photo is captioned for it; see evaluateModel. Errors: NOT_FOUND, NO_MODEL.',
  })
  async bleuReport(
    @Arg('modelId', () => ID, { nullable: true, description: 'The current model without.' }) modelId: string | null | undefined,
    @Arg('split', () => Split, { defaultValue: Split.DEV }) split: SplitName,
    @Arg('dataset', () => String, { nullable: true, description: DATASET }) dataset: string | null | undefined,
    @Arg('compareTo', () => ID, { nullable: true, description: 'Another model, for `comparison`.' }) compareTo: string | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<BleuReport> {
    const report = await findReport(services, { split, modelId: (modelId ?? undefined) as ModelId | undefined, dataset: await datasetOf(services, dataset) });
    // On the same photos, where it was measured on them.
    const other = compareTo == null ? undefined : await findReport(services, { split, modelId: compareTo as ModelId, dataset: report.dataset ?? undefined });
    return new BleuReport(report, other);
  }

  @Mutation(() => Model, {
    description:
      'Has new photos captioned by this model from now on, whatever trainings end. What was written stays: photosOnlyOfOthers says for ' +
      'how many photos it may write anew. A search model answers once it has embedded every photo. Errors: NOT_FOUND, ENCODER_MISMATCH, WEIGHTS_UNAVAILABLE.',
  })
  async useModel(@Arg('modelId', () => ID) modelId: string, @Ctx() { services }: ApiContext): Promise<Model> {
    return new Model(await services.useModel(modelId as ModelId));
  }

  @Mutation(() => BleuReport, {
    complexity: EVALUATION_COST,
    description:
      'Captions every photo of the split that has captions of people, and measures. It takes minutes for a thousand photos and is ' +
      'kept: bleuReport finds it even when the client does not wait. Errors: NOT_FOUND, INVALID_DATASET, ENCODER_MISMATCH, CONFLICT.',
  })
  async evaluateModel(
    @Arg('modelId', () => ID) modelId: string,
    @Arg('split', () => Split, { defaultValue: Split.DEV }) split: SplitName,
    @Arg('dataset', () => String, { nullable: true, description: 'Only photos of this data set. Default: those of all.' }) dataset: string | null | undefined,
    @Ctx() { services, evaluations, closing }: ApiContext,
  ): Promise<BleuReport> {
    const model = await findModel(services.store, modelId as ModelId);
    const datasetId = await datasetOf(services, dataset);
    const key = JSON.stringify([model.id, split, datasetId ?? null]);
    if (evaluations.has(key)) {
      throw new EkphrasisError(ErrorCode.Conflict, `The model "${model.name}" is being evaluated on this split already. Wait for bleuReport.`);
    }
    evaluations.add(key);
    try {
      const { evaluation } = await services.evaluate({ modelId: model.id, split, dataset: datasetId }, undefined, closing);
      return new BleuReport(toReport(evaluation, model, services.store));
    } finally {
      evaluations.delete(key);
    }
  }
}

/** @throws NOT_FOUND, BAD_USER_INPUT */
async function datasetOf({ store }: Pick<Services, 'store'>, wish: string | null | undefined): Promise<DatasetId | undefined> {
  return wish == null ? undefined : (await store.datasets.resolve(wish)).id;
}
