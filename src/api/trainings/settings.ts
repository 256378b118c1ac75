import { Field, Float, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { CELLS, type CellName } from '../../tensors/layers.js';
import { planPhases } from '../../training/phase-plan.js';
import { type Phase, SELF_CRITICAL } from '../../training/settings.js';
import type { JobSettings } from '../../trainings/settings.js';
import { enumOf } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';
import { Architecture } from '../models/model.js';

export const Cell = enumOf<CellName>(CELLS);
registerEnumType(Cell, { name: 'RecurrentCell', description: 'The recurrent layer of a captioner.' });

export const Objective = { CROSS_ENTROPY: 'CROSS_ENTROPY', SELF_CRITICAL: 'SELF_CRITICAL' } as const;
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

type PhaseFields = Pick<Phase, 'objective' | 'epochs'>;

@ObjectType({ description: 'Epochs of a training with the same objective.' })
class TrainingPhase extends fieldsOf<PhaseFields>() {
  @Field(() => Objective)
  declare readonly objective: PhaseFields['objective'];

  @Field(() => Int)
  declare readonly epochs: PhaseFields['epochs'];
}

type Settings = JobSettings['training'];
/** Those of both tasks. */
type CommonSettings = Pick<
  Settings,
  'epochs' | 'patience' | 'seed' | 'batchImages' | 'learningRate' | 'embeddingSize' | 'hiddenSize'
>;

@ObjectType({ description: 'How a model is trained: docs/decisions/0014-training-recipe.md.' })
export class TrainingSettings extends fieldsOf<CommonSettings>() {
  @Field(() => Int, { description: 'The number of epochs of all phases.' })
  declare readonly epochs: CommonSettings['epochs'];

  @Field(() => [TrainingPhase], {
    description: 'The phases of a captioner, one after another. Empty for a search model.',
  })
  readonly phases: readonly TrainingPhase[];

  @Field(() => Int, {
    nullable: true,
    description: 'The number of epochs without improvement after which it ends early. Null for never.',
  })
  declare readonly patience: CommonSettings['patience'];

  @Field(() => Int, { description: 'The seed of all random numbers.' })
  declare readonly seed: CommonSettings['seed'];

  @Field(() => Int, { description: 'The number of photos in a step, each with its captions.' })
  declare readonly batchImages: CommonSettings['batchImages'];

  @Field(() => Float, { description: 'The highest learning rate, reached after the warm-up.' })
  declare readonly learningRate: CommonSettings['learningRate'];

  @Field(() => Architecture, { nullable: true, description: 'The network of a captioner. Null for a search model.' })
  readonly architecture: string | undefined;

  @Field(() => Cell, { nullable: true, description: 'The recurrent layer of a captioner. Null for a search model.' })
  readonly cell: string | undefined;

  @Field(() => Int)
  declare readonly embeddingSize: CommonSettings['embeddingSize'];

  @Field(() => Int)
  declare readonly hiddenSize: CommonSettings['hiddenSize'];

  @Field(() => Int, {
    nullable: true,
    description: 'The size of the attention layer of a captioner. Null for a search model.',
  })
  readonly attentionSize: number | undefined;

  constructor(settings: Settings) {
    super(settings);
    const captioner = 'attentionSize' in settings ? settings : undefined;
    this.phases = captioner ? planPhases(captioner).map(({ phase }) => new TrainingPhase(phase)) : [];
    this.architecture = captioner?.architecture;
    this.cell = captioner?.cell;
    this.attentionSize = captioner?.attentionSize;
  }
}

/** How a description of a setting ends. */
export const byDefault = (value: unknown) => `Default: ${String(value)}.`;

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
