import { Ctx, Field, Float, ID, InputType, Int, Mutation, registerEnumType, Resolver } from 'type-graphql';
import type { ModelId } from '../../ids.js';
import type { Use } from '../../models/use.js';
import { type SearchSettings, searchSettingsSchema } from '../../training/joint-embedding/settings.js';
import { DEFAULT_SETTINGS, type EngineWish, type TrainingSettings } from '../../training/settings.js';
import { CORRECTIONS_NEEDED, type TrainingKind } from '../../trainings/corrections.js';
import { FINE_TUNING_RATE, type TrainingRequest } from '../../trainings/settings.js';
import type { ApiContext } from '../context.js';
import { Input } from '../inputs.js';
import { Architecture } from '../models/model.js';
import { byDefault, Cell, TrainingPhaseInput } from './settings.js';
import { TRAINING_COST, TrainingJob } from './training-job.js';
import { Needs } from '../scopes.js';

const Engine = { ONNX: 'onnx', TENSORFLOW: 'tensorflow' } as const;
registerEnumType(Engine, { name: 'TrainingEngine', description: 'What computes a training.' });

const Device = { AUTO: 'auto', CPU: 'cpu', CUDA: 'cuda', WEBGPU: 'webgpu' } as const;
registerEnumType(Device, {
  name: 'TrainingDevice',
  valuesConfig: { AUTO: { description: 'CUDA if it works, else the CPU.' } },
});

const ModelUse = { NEVER: 'NEVER', BETTER: 'BETTER', ALWAYS: 'ALWAYS' } as const;
registerEnumType(ModelUse, {
  name: 'ModelUse',
  description: 'When a newly trained model replaces the one in use.',
  valuesConfig: {
    NEVER: { description: 'Only if a person chooses it with useModel.' },
    BETTER: {
      description:
        'If its CIDEr-D, or the recall of a search model, is significantly higher on the same held-out photos: p ' +
        'below 0.05 in the paired bootstrap test.',
    },
    ALWAYS: { description: 'In any case.' },
  },
});

const TrainingTask = { CAPTION: 'CAPTION', SEARCH: 'SEARCH', CORRECTIONS: 'CORRECTIONS' } as const;
registerEnumType(TrainingTask, {
  name: 'TrainingTask',
  description: 'What a training is for.',
  valuesConfig: {
    CAPTION: { description: 'A model that writes captions.' },
    SEARCH: { description: 'A model that searches.' },
    CORRECTIONS: {
      description:
        'The captioner in use learns the captions that people wrote, chose or adopted here, by a recipe that was ' +
        `measured (docs/corrections.md). It needs ${CORRECTIONS_NEEDED} corrected photos. Settings that are given replace those of the recipe.`,
    },
  },
});

const FOR_SEARCH: SearchSettings = searchSettingsSchema.parse({});

/** Of a setting that both tasks have, with values of their own. */
const byTask = (name: keyof typeof DEFAULT_SETTINGS & keyof SearchSettings) =>
  `Default: ${String(DEFAULT_SETTINGS[name])}, of a search model ${String(FOR_SEARCH[name])}.`;

@InputType({
  description:
    'What to train on, and how. The default of a field that is left out comes from ' +
    'docs/decisions/0014-training-recipe.md.',
})
class StartTrainingInput {
  @Field(() => TrainingTask, {
    defaultValue: 'CAPTION',
    description: 'What the training is for: a model that writes captions, one that searches, or corrections.',
  })
  readonly task: TrainingKind = 'CAPTION';

  @Field(() => String, { nullable: true, description: 'The name of the model. Default: the time.' })
  readonly name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Train only on photos of this data set, its id or its name. Default: photos of all data sets.',
  })
  readonly dataset?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The captioner to begin from: its parameters, sizes and words; missing words are added. Default: none. A ' +
      'search model takes ' +
      'the projection of photos and the word vectors from it. Default: the current captioner.',
  })
  readonly fromModelId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The language of the captions, a BCP 47 tag such as de or zh-Hant. Default: English, or the language of ' +
      '`fromModelId`.',
  })
  readonly language?: string | null;

  @Field(() => ModelUse, {
    defaultValue: 'NEVER',
    description: 'When the model replaces the one in use. If none is in use, it is used in any case.',
  })
  readonly use: Use = 'NEVER';

  @Field(() => Int, { nullable: true, description: `The number of epochs. ${byTask('epochs')}` })
  readonly epochs?: number | null;

  @Field(() => [TrainingPhaseInput], {
    nullable: true,
    description:
      'The phases of the training of a captioner, one after another; their epochs add up to those of the training. ' +
      'Default: one phase of CROSS_ENTROPY.',
  })
  readonly phases?: TrainingPhaseInput[] | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The number of epochs without improvement after which the training ends early. The learning rate falls as for ' +
      'all epochs. Default: never.',
  })
  readonly patience?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `The seed of all random numbers. ${byDefault(DEFAULT_SETTINGS.seed)}`,
  })
  readonly seed?: number | null;

  @Field(() => Int, { nullable: true, description: `The number of photos in a step. ${byTask('batchImages')}` })
  readonly batchImages?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      `The highest learning rate, after the warm-up. ${byTask('learningRate')} With \`fromModelId\`, of a captioner ` +
      `${FINE_TUNING_RATE}.`,
  })
  readonly learningRate?: number | null;

  @Field(() => Int, { nullable: true, description: `The number of steps of linear warm-up. ${byTask('warmUpSteps')}` })
  readonly warmUpSteps?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: `The label smoothing of a captioner. ${byDefault(DEFAULT_SETTINGS.labelSmoothing)}`,
  })
  readonly labelSmoothing?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: `Whether a captioner is trained with dropout. ${byDefault(DEFAULT_SETTINGS.dropout)}`,
  })
  readonly dropout?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: `Whether to train on mirrored photos, too. ${byDefault(DEFAULT_SETTINGS.mirror)}`,
  })
  readonly mirror?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Words that occur less often become unknown; the limit falls if too few words are left. ' +
      byTask('minimumWordCount'),
  })
  readonly minimumWordCount?: number | null;

  @Field(() => Architecture, {
    nullable: true,
    description: 'The network of a captioner. Default: ATTENTION, or that of `fromModelId`.',
  })
  readonly architecture?: TrainingSettings['architecture'] | null;

  @Field(() => Cell, {
    nullable: true,
    description: 'The recurrent layer of a captioner. Default: LSTM, or that of `fromModelId`.',
  })
  readonly cell?: TrainingSettings['cell'] | null;

  @Field(() => Int, {
    nullable: true,
    description: `The size of a word vector. ${byDefault(DEFAULT_SETTINGS.embeddingSize)}`,
  })
  readonly embeddingSize?: number | null;

  @Field(() => Int, { nullable: true, description: `The size of the recurrent layer. ${byTask('hiddenSize')}` })
  readonly hiddenSize?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `The size of the attention layer of a captioner. ${byDefault(DEFAULT_SETTINGS.attentionSize)}`,
  })
  readonly attentionSize?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The number of dev photos that measure the model after each epoch. ' +
      byDefault(DEFAULT_SETTINGS.validationImages),
  })
  readonly validationImages?: number | null;

  @Field(() => Engine, {
    nullable: true,
    description: 'The engine that computes. Default: TRAIN_ENGINE of the server that trains.',
  })
  readonly engine?: EngineWish['engine'] | null;

  @Field(() => Device, {
    nullable: true,
    description: 'The device that computes. Default: DEVICE of the server that trains.',
  })
  readonly device?: EngineWish['device'] | null;
}

@Resolver()
export class StartTrainingResolver {
  @Needs('train')
  @Mutation(() => TrainingJob, {
    complexity: TRAINING_COST,
    description:
      'Puts a training at the end of the queue. Its best epoch becomes a model, which is compared with the current ' +
      'one; `use` says whether it replaces it. The result is in outcome. Errors: BAD_USER_INPUT, NOT_FOUND for a ' +
      'model or a data set, INVALID_DATASET.',
  })
  async startTraining(
    @Input(() => StartTrainingInput) input: StartTrainingInput,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingJob> {
    return new TrainingJob(await services.training.start(toTrainingRequest(input)));
  }
}

/** An explicit null asks for the default, too. */
function toTrainingRequest(input: StartTrainingInput): TrainingRequest {
  const { task, name, dataset, fromModelId, use, phases, ...settings } = input;
  return {
    task,
    name: name ?? undefined,
    dataset: dataset ?? undefined,
    fromModelId: (fromModelId ?? undefined) as ModelId | undefined,
    use,
    settings: withoutNulls({ ...settings, phases: phases?.map(withoutNulls) }),
  };
}

function withoutNulls(fields: object) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
