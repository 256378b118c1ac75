import { Field, Float, ID, InputType, Int } from 'type-graphql';
import type { ModelId } from '../../ids.js';
import { FINE_TUNING_RATE, type TrainingRequest } from '../../jobs/settings.js';
import { DEFAULT_SETTINGS, type EngineWish } from '../../training/settings.js';
import { Device, Engine } from './enums.js';

const byDefault = (value: unknown) => `Default: ${String(value)}.`;

@InputType({ description: 'What to train on and how. Everything left out has the value of the recipe in docs/design.md.' })
export class StartTrainingInput {
  @Field(() => String, { nullable: true, description: 'What to call the model. Default: the time.' })
  readonly name?: string | null;

  @Field(() => String, { nullable: true, description: 'Train on photos of this data set only. Default: on those of all.' })
  readonly dataset?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Go on from this model: its parameters, sizes and words; words it lacks are added. Default: begin from nothing.',
  })
  readonly fromModelId?: string | null;

  @Field(() => Int, { nullable: true, description: byDefault(DEFAULT_SETTINGS.epochs) })
  readonly epochs?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'End early after so many epochs without a better one. The learning rate falls as for all epochs. Default: never.',
  })
  readonly patience?: number | null;

  @Field(() => Int, { nullable: true, description: `Everything random follows from it. ${byDefault(DEFAULT_SETTINGS.seed)}` })
  readonly seed?: number | null;

  @Field(() => Int, { nullable: true, description: `Photos of a step. ${byDefault(DEFAULT_SETTINGS.batchImages)}` })
  readonly batchImages?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: `The highest, after the warm-up. ${byDefault(DEFAULT_SETTINGS.learningRate)} From a model: ${FINE_TUNING_RATE}.`,
  })
  readonly learningRate?: number | null;

  @Field(() => Int, { nullable: true, description: `Steps of linear warm-up. ${byDefault(DEFAULT_SETTINGS.warmUpSteps)}` })
  readonly warmUpSteps?: number | null;

  @Field(() => Float, { nullable: true, description: byDefault(DEFAULT_SETTINGS.labelSmoothing) })
  readonly labelSmoothing?: number | null;

  @Field(() => Boolean, { nullable: true, description: byDefault(DEFAULT_SETTINGS.dropout) })
  readonly dropout?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: `Whether mirrored photos are learned as well. ${byDefault(DEFAULT_SETTINGS.mirror)}` })
  readonly mirror?: boolean | null;

  @Field(() => Int, { nullable: true, description: `Rarer words become unknown. ${byDefault(DEFAULT_SETTINGS.minimumWordCount)}` })
  readonly minimumWordCount?: number | null;

  @Field(() => Int, { nullable: true, description: byDefault(DEFAULT_SETTINGS.embeddingSize) })
  readonly embeddingSize?: number | null;

  @Field(() => Int, { nullable: true, description: byDefault(DEFAULT_SETTINGS.hiddenSize) })
  readonly hiddenSize?: number | null;

  @Field(() => Int, { nullable: true, description: byDefault(DEFAULT_SETTINGS.attentionSize) })
  readonly attentionSize?: number | null;

  @Field(() => Int, { nullable: true, description: `Dev photos captioned after each epoch. ${byDefault(DEFAULT_SETTINGS.validationImages)}` })
  readonly validationImages?: number | null;

  @Field(() => Engine, { nullable: true, description: 'What computes it. Default: TRAIN_ENGINE of the server that trains.' })
  readonly engine?: EngineWish['engine'] | null;

  @Field(() => Device, { nullable: true, description: 'What it is computed on. Default: DEVICE of the server that trains.' })
  readonly device?: EngineWish['device'] | null;
}

/** An explicit null asks for the default, too. */
export function toTrainingRequest({ name, dataset, fromModelId, ...settings }: StartTrainingInput): TrainingRequest {
  const given = Object.entries(settings).filter(([, value]) => value !== null);
  const from = (fromModelId ?? undefined) as ModelId | undefined;
  return { name: name ?? undefined, dataset: dataset ?? undefined, fromModelId: from, settings: Object.fromEntries(given) };
}
