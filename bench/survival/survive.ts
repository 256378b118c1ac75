/**
 * Two servers and two workers, processes of their own with folders of their own, on one Postgres. A training is
 * followed from one server while the worker that trains is killed again and again, wherever it is.
 */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { openApplication } from '../../src/application.js';
import { importDataset } from '../../src/collection/import-dataset.js';
import { loadConfig } from '../../src/config.js';
import { openScenes } from '../../src/datasets/scenes.js';
import type { TrainingJobId } from '../../src/ids.js';
import { RandomStream } from '../../src/training/random.js';
import { Program } from './program.js';

export interface SurvivalOptions {
  /** An empty database on a Postgres with pgvector. */
  readonly databaseUrl: string;
  readonly kills: number;
  /** Decides the moments of the kills. */
  readonly seed: number;
  readonly epochs: number;
  /** Photos to train on and to validate with. */
  readonly scenes: { readonly train: number; readonly dev: number };
  /** JOB_LEASE_SECONDS. */
  readonly lease: number;
  readonly onKill?: (kill: number, epoch: number) => void;
}

export interface SurvivalReport {
  /** SHA-256 of the model of a training that nobody disturbed, and of the one whose workers were killed. */
  readonly undisturbed: string | undefined;
  readonly survivor: string | undefined;
  /** Epochs as they were told to the client, in the order in which it heard of them. */
  readonly epochsSeen: readonly number[];
  readonly state: string | undefined;
  readonly attempts: number;
  /** From a kill until another worker had taken up the training, in seconds. */
  readonly secondsUntilTakenUp: readonly number[];
  readonly secondsUndisturbed: number;
  readonly seconds: number;
}

const SETTINGS = {
  name: 'survivor',
  seed: 1,
  batchImages: 16,
  mirror: false,
  embeddingSize: 64,
  hiddenSize: 128,
  attentionSize: 64,
  validationImages: 10,
};

const PROGRESS = `subscription ($jobId: ID!) {
  trainingProgress(jobId: $jobId) { ... on TrainingJob { state } ... on TrainingEpoch { epoch } }
}`;
const progressSchema = z.object({
  trainingProgress: z.object({ state: z.string().optional(), epoch: z.number().optional() }),
});
const startedSchema = z.object({ data: z.object({ startTraining: z.object({ id: z.string() }) }) });

/** @throws Error when a process ends by itself or the training ends before all kills were done */
export async function survive(options: SurvivalOptions): Promise<SurvivalReport> {
  const directory = await mkdtemp(join(tmpdir(), 'survival-'));
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    DATABASE_URL: options.databaseUrl,
    EKPHRASIS_CACHE: directory,
    VGG16_WEIGHTS: 'random:1',
    VGG16_PRECISION: 'fp32',
    JOB_LEASE_SECONDS: String(options.lease),
    LOG_LEVEL: 'info',
    PORT: '0',
  };
  const programs: Program[] = [];
  const run = (name: string, ...args: string[]) => {
    const program = new Program(args, { ...environment, EKPHRASIS_DATA: join(directory, name) });
    programs.push(program);
    return program;
  };
  const application = await openApplication(
    loadConfig({ ...environment, EKPHRASIS_DATA: join(directory, 'importer') }),
    { log: pino({ level: 'silent' }) },
  );
  try {
    await importDataset(openScenes({ seed: 1, ...options.scenes }), await application.collection());
    const [asked, watched] = (
      await Promise.all(['server-1', 'server-2'].map((name) => run(name, 'serve', '--no-worker').ready()))
    ).map(addressIn);
    const workers = new Workers((name) => run(name, 'worker', '--queues', 'train'));
    await workers.start('worker-1');
    await workers.start('worker-2');

    const train = async () => (await start(asked, options.epochs)) as TrainingJobId;
    const started = performance.now();
    const calm = await train();
    await new Watcher(watched, calm).ended;
    const secondsUndisturbed = (performance.now() - started) / 1000;

    const begun = performance.now();
    // Listened for before it is asked for: the worker may be faster than the server's answer.
    const trainer = workers.nextTrainer();
    const jobId = await train();
    const watcher = new Watcher(watched, jobId);
    const secondsUntilTakenUp = await killAgainAndAgain(
      watcher,
      workers,
      await trainer,
      secondsUndisturbed / options.epochs,
      options,
    );
    await watcher.ended;
    const seconds = (performance.now() - begun) / 1000;

    const { store } = application;
    const modelOf = async (id: TrainingJobId) => (await store.models.ofTrainingJob(id))?.checkpointSha256;
    const attempts = (await store.trainingJobs.find(jobId))?.attempt ?? 0;
    const { epochs: epochsSeen, state } = watcher;
    return {
      undisturbed: await modelOf(calm),
      survivor: await modelOf(jobId),
      epochsSeen,
      state,
      attempts,
      secondsUntilTakenUp,
      secondsUndisturbed,
      seconds,
    };
  } finally {
    await Promise.all(programs.map((program) => program.end('SIGKILL')));
    await application.close();
    await rm(directory, { recursive: true });
  }
}

/**
 * Kills whoever trains at moments drawn at random: a part of an epoch after it took up the training, or after it has
 * finished one epoch or two. Two in a row finish none at most, for after three a training is given up.
 */
async function killAgainAndAgain(
  watcher: Watcher,
  workers: Workers,
  firstTrainer: string,
  secondsAnEpoch: number,
  { kills, seed, onKill }: SurvivalOptions,
): Promise<number[]> {
  const random = new RandomStream(seed, 'kills');
  const taken: number[] = [];
  let fruitless = 0;
  let trainer = firstTrainer;
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = watcher.epochs.length;
    const wanted = Math.floor(3 * random.uniform());
    const share = random.uniform();
    await watcher.after(before + (fruitless < 2 ? wanted : Math.max(1, wanted)));
    await wait(1000 * share * secondsAnEpoch);
    if (watcher.state !== 'RUNNING')
      throw new Error(`the training is ${String(watcher.state)} after ${kill - 1} kills: it needs more epochs`);
    onKill?.(kill, watcher.epochs.length);
    fruitless = watcher.epochs.length > before ? 0 : fruitless + 1;
    const killed = performance.now();
    const next = workers.nextTrainer();
    await workers.kill(trainer);
    // As a machine that is switched on again: what it had on its disk is there.
    const restarted = workers.start(trainer);
    const ended = watcher.ended.then(() =>
      Promise.reject(new Error(`the training is ${String(watcher.state)} after ${kill} kills`)),
    );
    trainer = await Promise.race([next, ended]);
    taken.push((performance.now() - killed) / 1000);
    await restarted;
  }
  return taken;
}

/** Workers by the names of their folders. */
class Workers {
  private readonly programs = new Map<string, Program>();
  private tell: (name: string) => void = () => undefined;

  constructor(private readonly run: (name: string) => Program) {}

  async start(name: string): Promise<void> {
    const program = this.run(name);
    this.programs.set(name, program);
    program.on('taken up', () => {
      this.tell(name);
    });
    await program.ready();
  }

  async kill(name: string): Promise<void> {
    await this.programs.get(name)?.end('SIGKILL');
  }

  /** The name of the next that takes up a training. */
  nextTrainer(): Promise<string> {
    return new Promise((resolve) => {
      this.tell = resolve;
    });
  }
}

/** A client that follows a training over one connection that is never renewed. */
class Watcher {
  readonly epochs: number[] = [];
  state: string | undefined;
  readonly ended: Promise<void>;
  private readonly told = new EventEmitter();

  constructor(address: string | undefined, jobId: string) {
    this.ended = this.watch(String(address), jobId);
  }

  /** When this many epochs were told, or the training has ended. */
  async after(count: number): Promise<void> {
    while ((this.epochs.length < count || this.state !== 'RUNNING') && !isLast(this.state))
      await once(this.told, 'event');
  }

  private async watch(address: string, jobId: string): Promise<void> {
    const client = createClient({ url: address.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
    for await (const { data, errors } of client.iterate({ query: PROGRESS, variables: { jobId } })) {
      if (errors) throw new Error(JSON.stringify(errors));
      const { state, epoch } = progressSchema.parse(data).trainingProgress;
      if (epoch !== undefined) this.epochs.push(epoch);
      this.state = state ?? this.state;
      this.told.emit('event');
    }
    await client.dispose();
  }
}

function isLast(state: string | undefined): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}

function addressIn(greeting: string): string {
  return /http:\/\/\S+\/graphql/.exec(greeting)?.[0] ?? '';
}

async function start(address: string | undefined, epochs: number): Promise<string> {
  const query = 'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id } }';
  const body = JSON.stringify({ query, variables: { input: { ...SETTINGS, epochs } } });
  const response = await fetch(String(address), {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  return startedSchema.parse(await response.json()).data.startTraining.id;
}
