import { Field, Float, ID, InputType, Int } from 'type-graphql';
import type { ModelId } from '../../ids.js';
import { FINE_TUNING_RATE, type TrainingRequest, type Use } from '../../jobs/settings.js';
import type { ModelTask as Task } from '../../store/models.js';
import { type SearchSettings, searchSettingsSchema } from '../../training/search/settings.js';
import { DEFAULT_SETTINGS, type EngineWish, type Phase, SELF_CRITICAL, type TrainingSettings } from '../../training/settings.js';
import { Architecture, Cell, Device, Engine, ModelTask, ModelUse, Objective } from './enums.js';

const FOR_SEARCH: SearchSettings = searchSettingsSchema.parse({});

const byDefault = (value: unknown) => `Default: ${String(value)}.`;
/** Of a setting that both tasks have, with values of their own. */
const byTask = (name: keyof typeof DEFAULT_SETTINGS & keyof SearchSettings) =>
  `Default: ${String(DEFAULT_SETTINGS[name])}, of a search model ${String(FOR_SEARCH[name])}.`;

@InputType({ description: 'Epochs of a training that learn from the same. A later phase begins with the best epoch before it.' })
export class TrainingPhaseInput {
  @Field(() => Objective)
  readonly objective: Phase['objective'] = 'CROSS_ENTROPY';

  @Field(() => Int)
  readonly epochs: number = 1;

  @Field(() => Float, { nullable: true, description: `The highest, after the warm-up. Default: the training's; of a self-critical phase ${SELF_CRITICAL.learningRate}.` })
  readonly learningRate?: number | null;

  @Field(() => Int, { nullable: true, description: `Captions drawn for a photo in a self-critical phase. ${byDefault(SELF_CRITICAL.samples)}` })
  readonly samples?: number | null;

  @Field(() => Float, { nullable: true, description: `Below 1, improbable words are drawn more rarely. ${byDefault(SELF_CRITICAL.temperature)}` })
  readonly temperature?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: `How much of a self-critical phase's loss stays the cross-entropy of people's captions, 0 to 1. ${byDefault(SELF_CRITICAL.crossEntropyShare)}`,
  })
  readonly crossEntropyShare?: number | null;
}

@InputType({ description: 'What to train on and how. Everything left out has the value of the recipe in docs/design.md.' })
export class StartTrainingInput {
  @Field(() => ModelTask, { defaultValue: 'CAPTION', description: 'What the model is to do: write captions, or search.' })
  readonly task: Task = 'CAPTION';

  @Field(() => String, { nullable: true, description: 'What to call the model. Default: the time.' })
  readonly name?: string | null;

  @Field(() => String, { nullable: true, description: 'Train on photos of this data set only, its id or its name. Default: on those of all.' })
  readonly dataset?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'Go on from this captioner: its parameters, sizes and words; words it lacks are added. Default: begin from nothing. A search ' +
      'model begins with how it projects photos, and with its word vectors. Default: those of the current captioner.',
  })
  readonly fromModelId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the captions are written in, a BCP 47 tag such as de or zh-Hant. Default: English, or what the model to begin with writes.',
  })
  readonly language?: string | null;

  @Field(() => ModelUse, {
    defaultValue: 'NEVER',
    description: 'When the model takes the place of the one in use. Where none is in use, it is used in any case. A search model knows NEVER and ALWAYS.',
  })
  readonly use: Use = 'NEVER';

  @Field(() => Int, { nullable: true, description: byTask('epochs') })
  readonly epochs?: number | null;

  @Field(() => [TrainingPhaseInput], {
    nullable: true,
    description: 'What a captioner learns from, one after another; their epochs are the training\'s. Default: the cross-entropy alone.',
  })
  readonly phases?: TrainingPhaseInput[] | null;

  @Field(() => Int, {
    nullable: true,
    description: 'End early after so many epochs without a better one. The learning rate falls as for all epochs. Default: never.',
  })
  readonly patience?: number | null;

  @Field(() => Int, { nullable: true, description: `Everything random follows from it. ${byDefault(DEFAULT_SETTINGS.seed)}` })
  readonly seed?: number | null;

  @Field(() => Int, { nullable: true, description: `Photos of a step. ${byTask('batchImages')}` })
  readonly batchImages?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: `The highest, after the warm-up. ${byTask('learningRate')} Of a captioner from a model: ${FINE_TUNING_RATE}.`,
  })
  readonly learningRate?: number | null;

  @Field(() => Int, { nullable: true, description: `Steps of linear warm-up. ${byTask('warmUpSteps')}` })
  readonly warmUpSteps?: number | null;

  @Field(() => Float, { nullable: true, description: `Of a captioner. ${byDefault(DEFAULT_SETTINGS.labelSmoothing)}` })
  readonly labelSmoothing?: number | null;

  @Field(() => Boolean, { nullable: true, description: byDefault(DEFAULT_SETTINGS.dropout) })
  readonly dropout?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: `Whether mirrored photos are learned as well. ${byDefault(DEFAULT_SETTINGS.mirror)}` })
  readonly mirror?: boolean | null;

  @Field(() => Int, { nullable: true, description: `Rarer words become unknown; where too few were left, fewer times are asked for. ${byTask('minimumWordCount')}` })
  readonly minimumWordCount?: number | null;

  @Field(() => Architecture, { nullable: true, description: 'The network of a captioner. Default: ATTENTION, or that of the model to begin with.' })
  readonly architecture?: TrainingSettings['architecture'] | null;

  @Field(() => Cell, { nullable: true, description: 'Its recurrent layer. Default: LSTM, or that of the model to begin with.' })
  readonly cell?: TrainingSettings['cell'] | null;

  @Field(() => Int, { nullable: true, description: byDefault(DEFAULT_SETTINGS.embeddingSize) })
  readonly embeddingSize?: number | null;

  @Field(() => Int, { nullable: true, description: byTask('hiddenSize') })
  readonly hiddenSize?: number | null;

  @Field(() => Int, { nullable: true, description: `Of a captioner with attention. ${byDefault(DEFAULT_SETTINGS.attentionSize)}` })
  readonly attentionSize?: number | null;

  @Field(() => Int, { nullable: true, description: `Dev photos it is measured with after each epoch. ${byDefault(DEFAULT_SETTINGS.validationImages)}` })
  readonly validationImages?: number | null;

  @Field(() => Engine, { nullable: true, description: 'What computes it. Default: TRAIN_ENGINE of the server that trains.' })
  readonly engine?: EngineWish['engine'] | null;

  @Field(() => Device, { nullable: true, description: 'What it is computed on. Default: DEVICE of the server that trains.' })
  readonly device?: EngineWish['device'] | null;
}

/** An explicit null asks for the default, too. */
export function toTrainingRequest({ task, name, dataset, fromModelId, use, phases, ...settings }: StartTrainingInput): TrainingRequest {
  const given = Object.entries({ ...settings, phases: phases?.map(withoutNulls) }).filter(([, value]) => value !== null && value !== undefined);
  const from = (fromModelId ?? undefined) as ModelId | undefined;
  return { task, name: name ?? undefined, dataset: dataset ?? undefined, fromModelId: from, use, settings: Object.fromEntries(given) };
}

function withoutNulls(phase: TrainingPhaseInput) {
  return Object.fromEntries(Object.entries(phase).filter(([, value]) => value !== null && value !== undefined));
}
