import { Arg, Ctx, Field, Float, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql';
import { readOutcome } from '../../jobs/candidates.js';
import { datasetInWords } from '../../jobs/models.js';
import { readJobSettings, type JobSettings } from '../../jobs/settings.js';
import { startedSchema, stepSchema } from '../../jobs/training-notices.js';
import type { TrainingJobRecord } from '../../store/training-jobs.js';
import { earlyEnd } from '../../training/early-stopping.js';
import { planPhases } from '../../training/phase-plan.js';
import type { Phase } from '../../training/settings.js';
import type { ApiContext } from '../context.js';
import { times } from '../limits.js';
import { connectionOf } from '../pages.js';
import { Architecture, Cell, ModelTask, Objective, TrainingState } from './enums.js';
import { Model } from './model.js';
import { TrainingOutcome } from './training-outcome.js';
import { TrainingEpoch, TrainingStarted, TrainingStep } from './training-events.js';

/** Epochs of a job, as its cost is reckoned. */
const USUAL_EPOCHS = 20;

@ObjectType({ description: 'Epochs of a training that learn from the same.' })
export class TrainingPhase {
  constructor(private readonly phase: Phase) {}

  @Field(() => Objective)
  get objective(): Phase['objective'] {
    return this.phase.objective;
  }

  @Field(() => Int)
  get epochs(): number {
    return this.phase.epochs;
  }
}

@ObjectType({ description: 'How a model is trained. docs/design.md explains the recipe.' })
export class TrainingSettings {
  constructor(private readonly settings: JobSettings['training']) {}

  @Field(() => Int, { description: 'Of all phases.' })
  get epochs(): number {
    return this.settings.epochs;
  }

  @Field(() => [TrainingPhase], { description: 'What a captioner learns from, one after another. A search model has none.' })
  get phases(): TrainingPhase[] {
    return 'attentionSize' in this.settings ? planPhases(this.settings).map(({ phase }) => new TrainingPhase(phase)) : [];
  }

  @Field(() => Int, { nullable: true, description: 'Epochs without a better one after which it ends early; never when null.' })
  get patience(): number | undefined {
    return this.settings.patience;
  }

  @Field(() => Int, { description: 'Everything random follows from it.' })
  get seed(): number {
    return this.settings.seed;
  }

  @Field(() => Int, { description: 'Photos of a step; each brings its captions.' })
  get batchImages(): number {
    return this.settings.batchImages;
  }

  @Field(() => Float, { description: 'The highest, reached after the warm-up.' })
  get learningRate(): number {
    return this.settings.learningRate;
  }

  @Field(() => Architecture, { nullable: true, description: 'The network of a captioner. Null for a search model.' })
  get architecture(): string | undefined {
    return 'architecture' in this.settings ? this.settings.architecture : undefined;
  }

  @Field(() => Cell, { nullable: true, description: 'The recurrent layer of a captioner. Null for a search model.' })
  get cell(): string | undefined {
    return 'cell' in this.settings ? this.settings.cell : undefined;
  }

  @Field(() => Int)
  get embeddingSize(): number {
    return this.settings.embeddingSize;
  }

  @Field(() => Int)
  get hiddenSize(): number {
    return this.settings.hiddenSize;
  }

  @Field(() => Int, { nullable: true, description: 'Null for a search model.' })
  get attentionSize(): number | undefined {
    return 'attentionSize' in this.settings ? this.settings.attentionSize : undefined;
  }
}

@ObjectType({ description: 'Why a training failed.' })
export class TrainingError {
  @Field(() => String)
  readonly code: string;

  @Field(() => String)
  readonly message: string;

  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

@ObjectType({ description: 'A training: waiting, running, paused or ended.' })
export class TrainingJob {
  private readonly settingsGiven: JobSettings;

  constructor(private readonly record: TrainingJobRecord) {
    this.settingsGiven = readJobSettings(record.settings);
  }

  @Field(() => ID)
  get id(): string {
    return this.record.id;
  }

  @Field(() => TrainingState)
  get state(): string {
    return this.record.state;
  }

  @Field(() => ModelTask, { description: 'What the model does that comes of it.' })
  get task(): string {
    return this.settingsGiven.task;
  }

  @Field(() => String, { description: 'What the model is called that comes of it.' })
  get name(): string {
    return this.settingsGiven.name;
  }

  @Field(() => String, {
    nullable: true,
    description: 'Name of the data set whose photos alone are trained on, or its id where it was deleted; all photos are trained on when null.',
  })
  async dataset(@Ctx() { loaders }: ApiContext): Promise<string | undefined> {
    const { dataset } = this.settingsGiven;
    return dataset && ((await loaders.datasets.load(dataset))?.name ?? dataset);
  }

  @Field(() => String, { description: 'Whose photos are trained on, in words: a data set, or all.' })
  trainedOn(@Ctx() { services }: ApiContext): Promise<string> {
    return datasetInWords(this.settingsGiven.dataset ?? null, services.store);
  }

  @Field(() => TrainingSettings)
  get settings(): object {
    return new TrainingSettings(this.settingsGiven.training);
  }

  @Field(() => Int, { description: 'How often it was begun: once, and again after each pause, failure or loss of its server.' })
  get attempt(): number {
    return this.record.attempt;
  }

  @Field(() => TrainingStarted, { nullable: true, description: 'What it works with, once it has looked at the photos.' })
  get started(): object | undefined {
    const { data } = startedSchema.safeParse(this.record.started);
    return data && new TrainingStarted(data);
  }

  @Field(() => TrainingStep, { nullable: true, description: 'The last step that was told.' })
  get progress(): object | undefined {
    const { data } = stepSchema.safeParse(this.record.progress);
    return data && new TrainingStep(data);
  }

  @Field(() => TrainingOutcome, { nullable: true, description: 'What became of its model; null until it has succeeded, and for trainings of earlier versions.' })
  get outcome(): TrainingOutcome | undefined {
    const outcome = readOutcome(this.record.outcome);
    return outcome && new TrainingOutcome(outcome);
  }

  @Field(() => TrainingError, { nullable: true })
  get error(): object | undefined {
    const { errorCode, errorMessage } = this.record;
    return errorCode === null ? undefined : new TrainingError(errorCode, errorMessage ?? 'The training failed.');
  }

  @Field(() => GraphQLISODateTime)
  get createdAt(): Date {
    return this.record.createdAt;
  }

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was last begun.' })
  get startedAt(): Date | null {
    return this.record.startedAt;
  }

  @Field(() => GraphQLISODateTime, { nullable: true })
  get finishedAt(): Date | null {
    return this.record.finishedAt;
  }

  @Field(() => [TrainingEpoch], { complexity: times(USUAL_EPOCHS), description: 'Its finished epochs, in order.' })
  async epochs(
    @Arg('after', () => Int, { defaultValue: 0, description: 'Leave out this epoch and those before it.' }) after: number,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingEpoch[]> {
    return (await services.store.trainingJobs.epochs(this.record.id, after)).map((epoch) => new TrainingEpoch(epoch));
  }

  @Field(() => String, { nullable: true, description: 'Why it ended before its last epoch, a sentence; null where it did not. See patience.' })
  async stoppedEarly(@Ctx() { services }: ApiContext): Promise<string | undefined> {
    if (this.record.state !== 'SUCCEEDED') return undefined;
    return earlyEnd(await services.store.trainingJobs.epochs(this.record.id), this.settingsGiven.training);
  }

  @Field(() => Model, { nullable: true, description: 'The captioner it was told to begin with; null when it was told of none.' })
  async fromModel(@Ctx() { services }: ApiContext): Promise<object | undefined> {
    const { fromModelId } = this.settingsGiven;
    const model = fromModelId && (await services.store.models.find(fromModelId));
    return model && new Model(model);
  }

  @Field(() => Model, { nullable: true, description: 'What came of it.' })
  async model(@Ctx() { services }: ApiContext): Promise<object | undefined> {
    const model = await services.store.models.ofTrainingJob(this.record.id);
    return model && new Model(model);
  }
}

export const TrainingJobConnection = connectionOf('TrainingJob', () => TrainingJob);
