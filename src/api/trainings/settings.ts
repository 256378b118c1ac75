/** The settings of a training as they are given and read back, and its phases. */
import { Field, Float, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { planPhases } from '../../training/phase-plan.js';
import { type Phase, SELF_CRITICAL } from '../../training/settings.js';
import type { JobSettings } from '../../trainings/settings.js';
import { addSettingInputs, addSettingOutputs } from './setting-fields.js';

const Objective = { CROSS_ENTROPY: 'CROSS_ENTROPY', SELF_CRITICAL: 'SELF_CRITICAL' } as const;
registerEnumType(Objective, {
  name: 'TrainingObjective',
  description: 'The objective of a phase of a training.',
  valuesConfig: {
    CROSS_ENTROPY: { description: 'The next word, as people wrote it.' },
    SELF_CRITICAL: {
      description:
        'The CIDEr-D of captions sampled from the model, compared with each other (self-critical sequence training).',
    },
  },
});

@ObjectType({ description: 'Epochs of a training with the same objective.' })
class TrainingPhase {
  @Field(() => Objective)
  readonly objective: Phase['objective'];

  @Field(() => Int)
  readonly epochs: number;

  @Field(() => Float, { nullable: true, description: 'Its highest learning rate. Null for that of the training.' })
  readonly learningRate: number | undefined;

  @Field(() => Int, {
    nullable: true,
    description: 'The number of captions sampled for a photo. Null outside of a self-critical phase.',
  })
  readonly samples: number | undefined;

  @Field(() => Float, {
    nullable: true,
    description: 'The temperature of the sampling. Null outside of a self-critical phase.',
  })
  readonly temperature: number | undefined;

  @Field(() => Float, {
    nullable: true,
    description:
      "The share of the cross-entropy of people's captions in the loss. Null outside of a self-critical phase.",
  })
  readonly crossEntropyShare: number | undefined;

  constructor(phase: Phase) {
    const critical = phase.objective === 'SELF_CRITICAL' ? phase : undefined;
    this.objective = phase.objective;
    this.epochs = phase.epochs;
    this.learningRate = phase.learningRate;
    this.samples = critical?.samples;
    this.temperature = critical?.temperature;
    this.crossEntropyShare = critical?.crossEntropyShare;
  }
}

@ObjectType({
  description:
    'How a model is trained, whole: docs/decisions/0014-training-recipe.md. A setting that its task does not have is null.',
})
export class TrainingSettings {
  constructor(settings: JobSettings['training']) {
    const phases = 'attentionSize' in settings ? planPhases(settings).map(({ phase }) => new TrainingPhase(phase)) : [];
    Object.assign(this, settings, { phases });
  }
}
addSettingOutputs(TrainingSettings.prototype, TrainingPhase);

/** How a description of a setting ends. */
const byDefault = (value: unknown) => `Default: ${String(value)}.`;

@InputType({
  description: 'Epochs of a training with the same objective. A later phase begins with the best epoch before it.',
})
export class TrainingPhaseInput {
  @Field(() => Objective)
  readonly objective: Phase['objective'] = 'CROSS_ENTROPY';

  @Field(() => Int)
  readonly epochs: number = 1;

  @Field(() => Float, {
    nullable: true,
    description:
      'The highest learning rate, after the warm-up. Default: that of the training; of a self-critical phase ' +
      `${SELF_CRITICAL.learningRate}.`,
  })
  readonly learningRate?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `The number of captions sampled for a photo in a self-critical phase. ${byDefault(SELF_CRITICAL.samples)}`,
  })
  readonly samples?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'The temperature of the sampling: below 1, improbable words are sampled less often. ' +
      byDefault(SELF_CRITICAL.temperature),
  })
  readonly temperature?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      "The share of the cross-entropy of people's captions in the loss of a self-critical phase, 0 to 1. " +
      byDefault(SELF_CRITICAL.crossEntropyShare),
  })
  readonly crossEntropyShare?: number | null;
}

@InputType()
export class TrainingSettingsInput {}
addSettingInputs(TrainingSettingsInput.prototype, TrainingPhaseInput);
