/** What a training tells. Fields of the same name have the same type, so that a client can ask all kinds for them. */
import { Ctx, Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { z } from 'zod';
import type { ProgressEvent } from '../../trainings/progress.js';
import type { stageSchema, startedSchema, stepSchema } from '../../trainings/notifier.js';
import { TRAINING_STAGES } from '../../training/stages.js';
import type { TrainingEpochRecord } from '../../store/training-jobs.js';
import type { ApiContext } from '../context.js';
import { enumOf } from '../enum-names.js';
import { Image } from '../images/image.js';
import { fieldsOf } from '../fields-of.js';

type Event<Type extends ProgressEvent['type']> = Extract<ProgressEvent, { type: Type }>;
type Started = z.infer<typeof startedSchema>;
type Step = z.infer<typeof stepSchema>;
type Sample = Omit<Event<'sample'>, 'type'>;

@ObjectType({ description: 'Photos are encoded before the training.' })
export class TrainingPreparation extends fieldsOf<Event<'preparing'>>() {
  @Field(() => Int)
  declare readonly done: Event<'preparing'>['done'];

  @Field(() => Int)
  declare readonly total: Event<'preparing'>['total'];
}

export const TrainingStage = enumOf(TRAINING_STAGES);
registerEnumType(TrainingStage, {
  name: 'TrainingStage',
  description: 'What a training is doing, in this order. COMPILING, TRAINING and VALIDATING come again.',
  valuesConfig: {
    WAITING: { description: 'It waits for its turn.' },
    READING_CAPTIONS: { description: 'It reads which photos have captions.' },
    PACKING_FEATURES: { description: 'It encodes the photos and packs what the encoder sees in them.' },
    COMPILING: { description: 'It counts words and prepares the computation of its steps.' },
    TRAINING: { description: 'It does the steps of an epoch.' },
    VALIDATING: { description: 'It measures the epoch on the dev split.' },
    MEASURING: { description: 'It measures the new model beside the current one.' },
    PUBLISHING: { description: 'It stores the new model, and uses it if that was asked for.' },
  },
});

type Stage = z.infer<typeof stageSchema>;

@ObjectType({ description: 'How far a training is with its stage.' })
export class TrainingStageProgress extends fieldsOf<Stage>() {
  @Field(() => TrainingStage)
  declare readonly stage: Stage['stage'];

  @Field(() => Int, { description: 'What is done: photos, or in the stage TRAINING the steps of all epochs.' })
  get doneCount(): number {
    return this.done;
  }

  @Field(() => Int, { nullable: true, description: 'What there is to do. Null where it is not known before the end.' })
  get totalCount(): number | null {
    return this.total;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'The estimated seconds until this stage ends; in the stage TRAINING, until the last epoch has ended with its ' +
      'validation. Null while there is too little to estimate from.',
  })
  get estimatedSeconds(): number | null {
    return this.secondsLeft;
  }
}

@ObjectType({ description: 'What a training works with.' })
export class TrainingStarted extends fieldsOf<Started>() {
  @Field(() => Int, { description: 'The number of parameters.' })
  declare readonly parameters: Started['parameters'];

  @Field(() => Int, { description: 'The number of train photos.' })
  get imageCount(): number {
    return this.images;
  }

  @Field(() => Int)
  get captionCount(): number {
    return this.captions;
  }

  @Field(() => Int)
  declare readonly vocabularySize: Started['vocabularySize'];

  @Field(() => Int)
  declare readonly stepsPerEpoch: Started['stepsPerEpoch'];

  @Field(() => Int)
  get epochCount(): number {
    return this.epochs;
  }

  @Field(() => String)
  declare readonly engine: Started['engine'];

  @Field(() => String)
  declare readonly device: Started['device'];

  @Field(() => String, {
    description: 'Sentences that say why this engine and this device were chosen, and what else is worth knowing.',
  })
  declare readonly explanation: Started['explanation'];
}

@ObjectType({ description: 'The progress of a running epoch, reported about every second.' })
export class TrainingStep extends fieldsOf<Step>() {
  @Field(() => Int, { description: 'Counted from 1 over the whole training.' })
  declare readonly step: Step['step'];

  @Field(() => Int, { description: 'Counted from 1.' })
  declare readonly epoch: Step['epoch'];

  @Field(() => Float, { description: 'The mean loss since the last report in nats; of a captioner, per word.' })
  declare readonly loss: Step['loss'];

  @Field(() => Float, {
    nullable: true,
    description: 'In a self-critical phase, the mean CIDEr-D of the sampled captions since the last report, 0 to 10.',
  })
  declare readonly reward: Step['reward'];

  @Field(() => Float)
  declare readonly learningRate: Step['learningRate'];

  @Field(() => Float, { description: 'Over the last 30 seconds.' })
  declare readonly imagesPerSecond: Step['imagesPerSecond'];

  @Field(() => Float, {
    description: 'The estimated seconds until the last epoch ends. The measurement of the model comes after that.',
  })
  declare readonly secondsLeft: Step['secondsLeft'];
}

@ObjectType({ description: 'The caption that the unfinished model writes for a photo of the dev split.' })
export class TrainingSample extends fieldsOf<Omit<Sample, 'image'>>() {
  @Field(() => String, { description: "The photo's name." })
  readonly imageName: string;

  constructor({ image, ...sample }: Sample) {
    super(sample);
    this.imageName = image;
  }

  @Field(() => Int, { description: 'Counted from 1.' })
  declare readonly epoch: Sample['epoch'];

  @Field(() => Image, { nullable: true, description: 'The photo. Null if it was deleted.' })
  async image(@Ctx() { loaders }: ApiContext): Promise<Image | undefined> {
    const record = await loaders.devImages.load(this.imageName);
    return record && new Image(record);
  }

  @Field(() => String)
  declare readonly caption: Sample['caption'];
}

type Retrieval = NonNullable<TrainingEpochRecord['retrieval']>;
type Scores = Retrieval['textToImage'];

@ObjectType({ description: 'How good a retrieval is.' })
class RetrievalScores extends fieldsOf<Scores>() {
  @Field(() => [Float], {
    description: 'The share of queries whose answer is among the first 1, 5 and 10 results, 0 to 1.',
  })
  declare readonly recall: Scores['recall'];

  @Field(() => Int, { description: 'Counted from 1.' })
  declare readonly medianRank: Scores['medianRank'];
}

@ObjectType({ description: 'How well photos are found by captions, and captions by photos.' })
class CrossRetrieval {
  @Field(() => RetrievalScores, { description: 'How well photos are found by each of their captions.' })
  readonly textToImage: RetrievalScores;

  @Field(() => RetrievalScores, { description: 'How well captions are found by their photos.' })
  readonly imageToText: RetrievalScores;

  constructor({ textToImage, imageToText }: Retrieval) {
    this.textToImage = new RetrievalScores(textToImage);
    this.imageToText = new RetrievalScores(imageToText);
  }
}

@ObjectType({ description: 'A finished epoch.' })
export class TrainingEpoch extends fieldsOf<Omit<TrainingEpochRecord, 'retrieval' | 'samples'>>() {
  @Field(() => Int, { description: 'Counted from 1.' })
  declare readonly epoch: TrainingEpochRecord['epoch'];

  @Field(() => Float, { description: 'The mean loss of the epoch in nats; of a captioner, per word.' })
  declare readonly loss: TrainingEpochRecord['loss'];

  @Field(() => Float, {
    nullable: true,
    description: 'In a self-critical phase, the mean CIDEr-D of the sampled captions of train photos, 0 to 10.',
  })
  declare readonly reward: TrainingEpochRecord['reward'];

  @Field(() => Float)
  declare readonly learningRate: TrainingEpochRecord['learningRate'];

  @Field(() => Float, { description: 'The duration of the epoch, including the measurement on the dev split.' })
  declare readonly seconds: TrainingEpochRecord['seconds'];

  @Field(() => Float)
  declare readonly imagesPerSecond: TrainingEpochRecord['imagesPerSecond'];

  @Field(() => Float, {
    description: 'The estimated seconds until the last epoch ends. The measurement of the model comes after that.',
  })
  declare readonly secondsLeft: TrainingEpochRecord['secondsLeft'];

  @Field(() => [Float], {
    nullable: true,
    description: 'BLEU-1 to BLEU-4 on the dev split, 0 to 1. This and CIDEr-D are null for a search model.',
  })
  declare readonly bleu: TrainingEpochRecord['bleu'];

  @Field(() => Float, { nullable: true, description: 'CIDEr-D on the dev split, 0 to 10.' })
  declare readonly cider: TrainingEpochRecord['cider'];

  @Field(() => CrossRetrieval, {
    nullable: true,
    description: 'How well a search model finds photos and captions of the dev split. Null for a captioner.',
  })
  readonly retrieval: CrossRetrieval | null;

  @Field(() => Boolean, {
    description:
      'Whether it is the best so far: captioners by CIDEr-D + BLEU-4, search models by the sum of both recalls.',
  })
  declare readonly best: TrainingEpochRecord['best'];

  @Field(() => [TrainingSample], {
    description: 'The captions that a captioner wrote for a few photos of the dev split.',
  })
  readonly samples: readonly TrainingSample[];

  constructor({ retrieval, samples, ...record }: TrainingEpochRecord) {
    super(record);
    this.retrieval = retrieval && new CrossRetrieval(retrieval);
    this.samples = samples.map((sample) => new TrainingSample({ epoch: record.epoch, ...sample }));
  }
}
