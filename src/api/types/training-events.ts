/** What a training tells. Fields of the same name have the same type, so that a client can ask all kinds for them. */
import { Ctx, Field, Float, Int, ObjectType } from 'type-graphql';
import type { z } from 'zod';
import type { ProgressEvent } from '../../jobs/progress.js';
import type { startedSchema, stepSchema } from '../../jobs/training-notices.js';
import type { TrainingEpochRecord } from '../../store/training-jobs.js';
import type { ApiContext } from '../context.js';
import { Image } from './image.js';

type Event<Type extends ProgressEvent['type']> = Extract<ProgressEvent, { type: Type }>;

@ObjectType({ description: 'Photos are looked at before the training.' })
export class TrainingPreparation {
  constructor(private readonly event: Event<'preparing'>) {}

  @Field(() => Int)
  get done(): number {
    return this.event.done;
  }

  @Field(() => Int)
  get total(): number {
    return this.event.total;
  }
}

@ObjectType({ description: 'What a training works with.' })
export class TrainingStarted {
  constructor(private readonly event: z.infer<typeof startedSchema>) {}

  @Field(() => Int, { description: 'Numbers that are learned.' })
  get parameters(): number {
    return this.event.parameters;
  }

  @Field(() => Int, { description: 'Photos of the train split.' })
  get imageCount(): number {
    return this.event.images;
  }

  @Field(() => Int)
  get captionCount(): number {
    return this.event.captions;
  }

  @Field(() => Int)
  get vocabularySize(): number {
    return this.event.vocabularySize;
  }

  @Field(() => Int)
  get stepsPerEpoch(): number {
    return this.event.stepsPerEpoch;
  }

  @Field(() => Int)
  get epochCount(): number {
    return this.event.epochs;
  }

  @Field(() => String)
  get engine(): string {
    return this.event.engine;
  }

  @Field(() => String)
  get device(): string {
    return this.event.device;
  }

  @Field(() => String, { description: 'Why this engine and this device, and what else is to be known of the training, in sentences.' })
  get explanation(): string {
    return this.event.explanation;
  }
}

@ObjectType({ description: 'A look at a running epoch, about every second.' })
export class TrainingStep {
  constructor(private readonly event: z.infer<typeof stepSchema>) {}

  @Field(() => Int, { description: 'Counted from 1 over the whole training.' })
  get step(): number {
    return this.event.step;
  }

  @Field(() => Int, { description: 'Counted from 1.' })
  get epoch(): number {
    return this.event.epoch;
  }

  @Field(() => Float, { description: 'Mean since the last look, in nats; of a captioner a word.' })
  get loss(): number {
    return this.event.loss;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'In a self-critical phase what the captions drawn were worth: their mean CIDEr-D since the last look, 0 to 10.',
  })
  get reward(): number | null {
    return this.event.reward ?? null;
  }

  @Field(() => Float)
  get learningRate(): number {
    return this.event.learningRate;
  }

  @Field(() => Float)
  get imagesPerSecond(): number {
    return this.event.imagesPerSecond;
  }

  @Field(() => Float, { description: 'Until the training ends.' })
  get secondsLeft(): number {
    return this.event.secondsLeft;
  }
}

@ObjectType({ description: 'What the model in the making writes for a photo of the dev split.' })
export class TrainingSample {
  constructor(private readonly event: Omit<Event<'sample'>, 'type'>) {}

  @Field(() => Int, { description: 'Counted from 1.' })
  get epoch(): number {
    return this.event.epoch;
  }

  @Field(() => String, { description: "The photo's name." })
  get imageName(): string {
    return this.event.image;
  }

  @Field(() => Image, { nullable: true, description: 'The photo; null when it was deleted.' })
  async image(@Ctx() { loaders }: ApiContext): Promise<Image | undefined> {
    const record = await loaders.devImages.load(this.event.image);
    return record && new Image(record);
  }

  @Field(() => String)
  get caption(): string {
    return this.event.caption;
  }
}

@ObjectType({ description: 'How well something is found.' })
export class RetrievalScores {
  @Field(() => [Float], { description: 'Shares of the queries whose answer is among the first 1, 5 and 10: 0 to 1.' })
  readonly recall: readonly number[] = [];

  @Field(() => Int, { description: 'Counted from 1.' })
  readonly medianRank: number = 0;
}

@ObjectType({ description: 'Both ways between captions and photos.' })
export class CrossRetrieval {
  @Field(() => RetrievalScores, { description: 'Photos, by each of their captions.' })
  readonly textToImage: RetrievalScores = new RetrievalScores();

  @Field(() => RetrievalScores, { description: 'Captions, by their photos.' })
  readonly imageToText: RetrievalScores = new RetrievalScores();
}

@ObjectType({ description: 'A finished epoch.' })
export class TrainingEpoch {
  constructor(private readonly record: TrainingEpochRecord) {}

  @Field(() => Int, { description: 'Counted from 1.' })
  get epoch(): number {
    return this.record.epoch;
  }

  @Field(() => Float, { description: "Mean over the epoch, in nats; a captioner's a word." })
  get loss(): number {
    return this.record.loss;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'In a self-critical phase what the captions drawn from photos of the train split were worth: their mean CIDEr-D, 0 to 10.',
  })
  get reward(): number | null {
    return this.record.reward;
  }

  @Field(() => Float)
  get learningRate(): number {
    return this.record.learningRate;
  }

  @Field(() => Float, { description: 'That the epoch took, with the look at the dev split.' })
  get seconds(): number {
    return this.record.seconds;
  }

  @Field(() => Float)
  get imagesPerSecond(): number {
    return this.record.imagesPerSecond;
  }

  @Field(() => Float, { description: 'Until the training ends.' })
  get secondsLeft(): number {
    return this.record.secondsLeft;
  }

  @Field(() => [Float], { nullable: true, description: 'BLEU-1 to BLEU-4 on the dev split, 0 to 1. This and CIDEr-D are null for a search model.' })
  get bleu(): readonly number[] | null {
    return this.record.bleu;
  }

  @Field(() => Float, { nullable: true, description: 'CIDEr-D on the dev split, 0 to 10.' })
  get cider(): number | null {
    return this.record.cider;
  }

  @Field(() => CrossRetrieval, { nullable: true, description: 'How well a search model finds the dev split; null for a captioner.' })
  get retrieval(): CrossRetrieval | null {
    return this.record.retrieval;
  }

  @Field(() => Boolean, { description: 'The best so far: of captioners by CIDEr-D + BLEU-4, of search models by the sum of both recalls.' })
  get best(): boolean {
    return this.record.best;
  }

  @Field(() => [TrainingSample], { description: 'What a captioner wrote for a few photos of the dev split.' })
  get samples(): readonly TrainingSample[] {
    const { epoch, samples } = this.record;
    return samples.map((sample) => new TrainingSample({ epoch, ...sample }));
  }
}
