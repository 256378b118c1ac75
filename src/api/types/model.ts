import { Ctx, Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql';
import { z } from 'zod';
import { readArchitectures } from '../../captioner/checkpoint.js';
import type { ModelId } from '../../ids.js';
import type { ModelRecord } from '../../store/models.js';
import type { ApiContext } from '../context.js';
import { connectionOf } from '../pages.js';
import { ModelDependents } from './deletion.js';
import { Architecture, ModelTask } from './enums.js';
import { TrainingJob } from './training-job.js';

/** Rows of several tables are counted. */
const DEPENDENTS_COST = 20;

const settingsSchema = z.object({
  vocabularySize: z.number().int().optional(),
  from: z.object({ id: z.string().transform((id) => id as ModelId) }).optional(),
});

@ObjectType({ description: 'What was trained: a captioner, or a search model.' })
export class Model {
  constructor(private readonly record: ModelRecord) {}

  @Field(() => ID)
  get id(): string {
    return this.record.id;
  }

  @Field(() => String)
  get name(): string {
    return this.record.name;
  }

  @Field(() => ModelTask)
  get task(): string {
    return this.record.task;
  }

  @Field(() => String, { description: 'What its photos must be seen by: weights, precision and preprocessing.' })
  get encoder(): string {
    return this.record.encoder;
  }

  @Field(() => [String], { description: 'Other encoders it does as well with.' })
  get compatibleEncoders(): readonly string[] {
    return this.record.compatibleEncoders;
  }

  @Field(() => Int, { nullable: true, description: 'Words it knows, with four of its own.' })
  get vocabularySize(): number | undefined {
    return settingsSchema.safeParse(this.record.settings).data?.vocabularySize;
  }

  @Field(() => [Architecture], { description: 'The network of a captioner; of an ensemble, that of each member. A search model has none.' })
  get architectures(): readonly string[] {
    return this.record.task === 'CAPTION' ? readArchitectures(this.record.settings).map(({ architecture }) => architecture) : [];
  }

  @Field(() => String, { description: 'What it was trained on is written in this language, a BCP 47 tag.' })
  get language(): string {
    return this.record.language;
  }

  @Field(() => Boolean, { description: 'It came with the program.' })
  get shipped(): boolean {
    return this.record.shipped;
  }

  @Field(() => Boolean, { description: 'The one of its task in use: new photos are captioned by it, or searches answered.' })
  get current(): boolean {
    return this.record.current;
  }

  @Field(() => Boolean, { description: 'A person chose it with useModel, or asked for its use: nothing replaces it by itself.' })
  get chosen(): boolean {
    return this.record.chosen;
  }

  @Field(() => Int, {
    description: 'Photos that other models have written for and this one has not: captionCollection with onlyOfOthers has it write for them.',
  })
  photosOnlyOfOthers(@Ctx() { services }: ApiContext): Promise<number> | number {
    return this.record.task === 'CAPTION' ? services.store.captions.countOnlyOfOthers(this.record.id) : 0;
  }

  @Field(() => ModelDependents, { complexity: DEPENDENTS_COST, description: 'What deleteModel would delete with it.' })
  async dependents(@Ctx() { services }: ApiContext): Promise<ModelDependents> {
    return new ModelDependents(await services.store.models.dependents(this.record.id));
  }

  @Field(() => String, { description: 'SHA-256 of its checkpoint, in hexadecimal.' })
  get checkpointSha256(): string {
    return this.record.checkpointSha256;
  }

  @Field(() => GraphQLISODateTime)
  get createdAt(): Date {
    return this.record.createdAt;
  }

  @Field(() => Model, { nullable: true, description: 'The model it was fine-tuned from; null for one that was trained from nothing.' })
  async fromModel(@Ctx() { services }: ApiContext): Promise<object | undefined> {
    const from = settingsSchema.safeParse(this.record.settings).data?.from;
    const model = from && (await services.store.models.find(from.id));
    return model && new Model(model);
  }

  @Field(() => TrainingJob, { nullable: true, description: 'The training it comes from; null for one that came with the program.' })
  async trainingJob(@Ctx() { services }: ApiContext): Promise<object | undefined> {
    const { trainingJobId } = this.record;
    const job = trainingJobId === null ? undefined : await services.store.trainingJobs.find(trainingJobId);
    return job && new TrainingJob(job);
  }
}

export const ModelConnection = connectionOf('Model', () => Model);
