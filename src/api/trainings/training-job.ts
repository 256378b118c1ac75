import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import { readOutcome } from '../../evaluation/candidates.js';
import type { TrainingJobId } from '../../ids.js';
import { exactly } from '../../store/counts.js';
import type { TrainingJobRecord, TrainingState as State } from '../../store/training-jobs.js';
import { earlyEnd } from '../../training/early-stopping.js';
import type { TrainingKind } from '../../trainings/corrections.js';
import { stageSchema, startedSchema, stepSchema } from '../../trainings/notifier.js';
import { readProvenance } from '../../trainings/provenance.js';
import { readJobSettings, type JobSettings } from '../../trainings/settings.js';
import { connectionOf, connectionOptions, PageArguments, toContent, toPageRequest } from '../connections.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { type ApiCode, ErrorCodeName, storedCode } from '../error-codes.js';
import { fieldsOf } from '../fields-of.js';
import { withoutPaths } from '../without-paths.js';
import { Model } from '../models/model.js';
import { TrainingEpoch, TrainingStageProgress, TrainingStarted, TrainingStep } from './events.js';
import { TrainingOutcome } from './outcome.js';
import { ModelUse } from './model-use.js';
import { TrainingProvenance } from './provenance.js';
import { TrainingSettings } from './settings.js';
import { TrainingTask } from './training-task.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';

/** A training keeps the machine busy for an hour. */
export const TRAINING_COST = 5000;
/** Epochs of a job, as its cost is reckoned. */
const USUAL_EPOCHS = 20;

export const TrainingState = {
  QUEUED: 'QUEUED',
  RUNNING: 'RUNNING',
  PAUSED: 'PAUSED',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const;
registerEnumType(TrainingState, {
  name: 'TrainingState',
  valuesConfig: {
    QUEUED: { description: 'It waits for its turn.' },
    PAUSED: { description: 'It waits for resumeTraining.' },
    SUCCEEDED: { description: 'Its best epoch has become a model.' },
    FAILED: {
      description: '`error` says why. Once the cause is gone, resumeTraining goes on after the last finished epoch.',
    },
  },
});

interface Failure {
  readonly code: string;
  readonly message: string;
}

@ObjectType({ description: 'Why a training failed.' })
class TrainingError extends fieldsOf<Failure & { readonly code: ApiCode }>() {
  constructor({ code, message }: Failure) {
    super({ code: storedCode(code), message: withoutPaths(message) });
  }

  @Field(() => ErrorCodeName)
  declare readonly code: ApiCode;

  @Field(() => String)
  declare readonly message: string;
}

const WAITING = { stage: 'WAITING', done: 0, total: null, secondsLeft: null } as const;

type HandedOn = Pick<
  TrainingJobRecord,
  'id' | 'state' | 'attempt' | 'notes' | 'requestId' | 'createdAt' | 'startedAt' | 'finishedAt'
>;

@ObjectType({ description: 'A training: waiting, running, paused or ended.', implements: Node })
export class TrainingJob extends fieldsOf<HandedOn>() {
  private readonly given: JobSettings;

  @Field(() => ID)
  declare readonly id: HandedOn['id'];

  @Field(() => TrainingState)
  declare readonly state: HandedOn['state'];

  @Field(() => TrainingSettings)
  readonly settings: TrainingSettings;

  @Field(() => Int, {
    description: 'How often it was started: once, and again after each pause, failure or loss of its server.',
  })
  declare readonly attempt: HandedOn['attempt'];

  @Field(() => String, {
    nullable: true,
    description: 'The id of the request that started it, as in the log. Null where a command started it.',
  })
  declare readonly requestId: HandedOn['requestId'];

  @Field(() => [String], {
    description:
      'Sentences about what it learns from, for instance that photos are left out because their files are missing. ' +
      'Usually empty, and always before it has looked at the photos.',
  })
  declare readonly notes: HandedOn['notes'];

  @Field(() => TrainingStarted, {
    nullable: true,
    description: 'What it works with. Null until it has encoded the photos.',
  })
  readonly started: TrainingStarted | undefined;

  @Field(() => TrainingProvenance, {
    nullable: true,
    description:
      'What it was made from and with. Null until it has encoded the photos, and for trainings of earlier versions.',
  })
  readonly provenance: TrainingProvenance | undefined;

  @Field(() => TrainingStep, { nullable: true, description: 'The last step that was reported.' })
  readonly progress: TrainingStep | undefined;

  @Field(() => TrainingStageProgress, {
    nullable: true,
    description:
      'What it is doing while it waits or runs, and how far it is with that. Null when it is paused or has ended.',
  })
  readonly currentStage: TrainingStageProgress | undefined;

  @Field(() => TrainingOutcome, {
    nullable: true,
    description: 'What became of its model. Null until it has succeeded, and for trainings of earlier versions.',
  })
  readonly outcome: TrainingOutcome | undefined;

  @Field(() => TrainingError, { nullable: true })
  readonly error: TrainingError | undefined;

  @Field(() => GraphQLISODateTime)
  declare readonly createdAt: HandedOn['createdAt'];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was last started.' })
  declare readonly startedAt: HandedOn['startedAt'];

  @Field(() => GraphQLISODateTime, { nullable: true })
  declare readonly finishedAt: HandedOn['finishedAt'];

  constructor({
    settings,
    started,
    provenance,
    progress,
    stage,
    outcome,
    errorCode,
    errorMessage,
    ...record
  }: TrainingJobRecord) {
    super(record);
    this.given = readJobSettings(settings);
    this.settings = new TrainingSettings(this.given.training);
    const [start, step] = [startedSchema.safeParse(started).data, stepSchema.safeParse(progress).data];
    this.started = start && new TrainingStarted(start);
    const at = record.state === 'QUEUED' ? WAITING : stageSchema.safeParse(stage).data;
    const isOpen = record.state === 'QUEUED' || record.state === 'RUNNING';
    this.currentStage = at && isOpen ? new TrainingStageProgress(at) : undefined;
    this.progress = step && new TrainingStep(step);
    const made = readProvenance(provenance);
    this.provenance = made && new TrainingProvenance(made);
    const became = readOutcome(outcome);
    this.outcome = became && new TrainingOutcome(became);
    if (errorCode !== null) {
      this.error = new TrainingError({ code: errorCode, message: errorMessage ?? 'The training failed.' });
    }
  }

  @Field(() => TrainingTask)
  get task(): TrainingKind {
    return this.given.corrections ? 'CORRECTIONS' : this.given.task;
  }

  @Field(() => ModelUse, { description: 'When its model replaces the one in use.' })
  get use(): JobSettings['use'] {
    return this.given.use;
  }

  @Field(() => String, { description: 'The name of the model that it makes.' })
  get name(): string {
    return this.given.name;
  }

  @Field(() => String, {
    nullable: true,
    description:
      'The name of the only data set that is trained on, or its id if it was deleted. Null for all data sets.',
  })
  async dataset(@Ctx() { loaders }: ApiContext): Promise<string | undefined> {
    const { dataset } = this.given;
    return dataset && ((await loaders.datasets.load(dataset))?.name ?? dataset);
  }

  @Field(() => String, {
    description: 'The name of the data set that is trained on, "all data sets", or "what people corrected".',
  })
  async trainedOn(@Ctx() { services }: ApiContext): Promise<string> {
    const { corrections, dataset } = this.given;
    return corrections ? 'what people corrected' : services.datasetInWords(dataset ?? null);
  }

  @Field(() => [TrainingEpoch], { complexity: times(USUAL_EPOCHS), description: 'Its finished epochs, in order.' })
  async epochs(
    @Arg('after', () => Int, {
      defaultValue: 0,
      description: 'Leave out this epoch and those before it.',
    })
    after: number,
    @Ctx() { services }: ApiContext,
  ): Promise<TrainingEpoch[]> {
    return (await services.store.trainingJobs.epochs(this.id, after)).map((epoch) => new TrainingEpoch(epoch));
  }

  @Field(() => String, {
    nullable: true,
    description: 'A sentence that says why it ended before its last epoch. Null if it did not. See patience.',
  })
  async stoppedEarly(@Ctx() { services }: ApiContext): Promise<string | undefined> {
    if (this.state !== 'SUCCEEDED') return undefined;
    return earlyEnd(await services.store.trainingJobs.epochs(this.id), this.given.training);
  }

  @Field(() => Model, {
    nullable: true,
    description: 'The captioner that it was told to begin from. Null if there is none.',
  })
  async fromModel(@Ctx() { services }: ApiContext): Promise<Model | undefined> {
    const { fromModelId } = this.given;
    const model = fromModelId && (await services.store.models.find(fromModelId));
    return model && new Model(model);
  }

  @Field(() => Model, { nullable: true, description: 'The model that it made.' })
  async model(@Ctx() { services }: ApiContext): Promise<Model | undefined> {
    const model = await services.store.models.ofTrainingJob(this.id);
    return model && new Model(model);
  }
}

const TrainingJobConnection = connectionOf('TrainingJob', () => TrainingJob);

@InputType({ description: 'Which trainings: those that fit everything that is given.' })
class TrainingJobFilter {
  @Field(() => TrainingState, { nullable: true, description: 'Only those in this state.' })
  declare readonly state?: State | null;
}

@ArgsType()
class TrainingListArguments extends PageArguments {
  @Field(() => TrainingJobFilter, { nullable: true, description: 'Only these trainings. Default: all.' })
  declare readonly filter?: TrainingJobFilter | null;
}

@Resolver(() => Model)
export class TrainingJobResolver {
  @Needs('read')
  @Query(() => TrainingJob, { nullable: true, description: 'The training with this id. Errors: NOT_FOUND.' })
  async trainingJob(@Arg('id', () => ID) id: string, @Ctx() { services }: ApiContext): Promise<TrainingJob> {
    return new TrainingJob(await services.training.find(id as TrainingJobId));
  }

  @Needs('read')
  @Query(() => TrainingJobConnection, { ...connectionOptions, description: 'All trainings, newest first.' })
  async trainingJobs(@Args(() => TrainingListArguments) args: TrainingListArguments, @Ctx() { services }: ApiContext) {
    const { trainingJobs } = services.store;
    const filter = { state: args.filter?.state ?? undefined };
    const page = await trainingJobs.list(toPageRequest<TrainingJobId>(args), filter);
    const count = async () => exactly(await trainingJobs.count(filter));
    return new TrainingJobConnection(toContent(page, (record) => new TrainingJob(record), count));
  }

  @FieldResolver(() => TrainingJob, {
    nullable: true,
    name: 'trainingJob',
    description: 'The training that made it. Null if it came with the program.',
  })
  async ofModel(@Root() { trainingJobId }: Model, @Ctx() { services }: ApiContext): Promise<TrainingJob | undefined> {
    const job = trainingJobId === null ? undefined : await services.store.trainingJobs.find(trainingJobId);
    return job && new TrainingJob(job);
  }
}
