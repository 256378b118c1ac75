/** A training from its data to its checkpoints, in the order in which it happens. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../captioner/checkpoint.js';
import { readCheckpoint, writeCheckpoint } from '../captioner/checkpoint.js';
import type { DecoderSettings } from '../captioner/decoder.js';
import { DEFAULT_SIZES } from '../captioner/decoder.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { CiderReferences } from '../evaluation/cider.js';
import { Vocabulary } from '../language/vocabulary.js';
import { writeFileAtomically } from '../store/atomic-file.js';
import { batchFeeds } from './batches.js';
import { TrainingData } from './data.js';
import { earlyEnd } from './early-stopping.js';
import { openEngine } from './engines/choose.js';
import type { ParameterValues, TrainingEngine, TrainingState } from './engines/engine.js';
import type { TrainingEpoch, TrainingEvent } from './events.js';
import { examplesOf } from './examples.js';
import { type EarlierModel, startFrom } from './fine-tuning.js';
import { captionStep } from './loss-graph.js';
import { DEFAULT_OPTIMISER } from './optimiser.js';
import { ParameterAverage } from './parameter-average.js';
import { phaseOf, type PlannedPhase } from './phase-plan.js';
import { type Material, openPhase, type PhaseBatches } from './phases.js';
import { readProgress, startingState, withoutMoments, writeProgress } from './progress.js';
import type { Progress } from './progress.js';
import { checkpointName } from './run-folder.js';
import { learningRateAt } from './schedule.js';
import { withEnding } from './self-critical.js';
import type { EngineWish, TrainingSettings } from './settings.js';
import { validate } from './validation.js';

export interface TrainingRun {
  /** Name of the model that comes of it. */
  readonly name: string;
  /** A folder written by `writeTrainingData`. */
  readonly dataFile: string;
  /** Receives two files after every epoch; see run-folder.ts. */
  readonly outputDirectory: string;
  readonly settings: TrainingSettings;
  /** What to compute with where the settings do not say. */
  readonly compute: EngineWish;
  /** Go on from the progress in `outputDirectory`, if there is any. */
  readonly resume?: boolean;
  /** Begin with the parameters, the sizes and the vocabulary of this model. */
  readonly from?: EarlierModel | undefined;
}

/** What is kept is averaged over no more epochs than this: in a small data set's few steps it would lag behind. */
const AVERAGED_EPOCHS = 2;
/** Seconds between two `step` events. */
const STEP_EVENT_SECONDS = 2;
/** Dev images whose captions are told after every epoch. */
const SAMPLES = 5;
const OTHER_DATA =
  'The photos, their captions, or what is seen in them are not those it began with: it goes on with those there are now, and with the words it knows.';

/**
 * Trains a captioner.
 *
 * @param emit is told of every step, epoch and sample, and at the end of the best checkpoint
 * @throws EkphrasisError INVALID_DATASET, ENGINE_UNAVAILABLE, DEVICE_UNAVAILABLE, TRAINING_FAILED (a loss or a gradient that
 *   is no number), STORAGE_FAILED, INVALID_CHECKPOINT; what the last finished epoch wrote stays
 */
export async function train(run: TrainingRun, emit: (event: TrainingEvent) => void): Promise<void> {
  const { settings } = run;
  const data = await TrainingData.open(run.dataFile);
  const { fingerprint } = data;
  const earlier = run.from && readCheckpoint(await readFile(run.from.path));
  const { embeddingSize, hiddenSize, attentionSize } = settings;
  const sizes = { ...DEFAULT_SIZES, embeddingSize, hiddenSize, attentionSize, ...earlier?.header.settings };
  const progress = run.resume ? await readProgress(run.outputDirectory, sizes) : undefined;
  const { vocabulary, examples, tokens, dev } = examplesOf(data, (captions) => vocabularyOf(captions, settings, { progress, earlier }));
  const images = Math.min(settings.batchImages, examples.length);
  const decoder: DecoderSettings = { ...sizes, vocabularySize: vocabulary.size };
  const history: TrainingEpoch[] = [...(progress?.history ?? [])];
  const material: Material = {
    examples, decoder, images, vocabulary: vocabulary.words,
    references: () => new CiderReferences(tokens.map((captions) => captions.map(withEnding))),
  };
  const next = phaseOf(Math.min(history.length + 1, settings.epochs), settings);
  const start = () => ({ state: earlier ? withoutMoments(startFrom(earlier, vocabulary)) : startingState(decoder, settings.seed), average: undefined });
  const before = progress && next.first === history.length + 1 ? await bestSoFar(run, history) : (progress ?? start());
  let running = await startPhase(next, run, material, before);
  const { explanation } = running;

  emit({
    type: 'started',
    parameters: [...running.average.parameters.values()].reduce((count, numbers) => count + numbers.length, 0),
    images: examples.length,
    captions: examples.reduce((count, example) => count + example.captions.length, 0),
    vocabularySize: vocabulary.size,
    stepsPerEpoch: running.batches.perEpoch,
    epochs: settings.epochs,
    engine: running.engine.name,
    device: running.engine.device,
    explanation: progress && progress.fingerprint !== fingerprint ? `${explanation} ${OTHER_DATA}` : explanation,
  });
  // Whoever started the training may have been lost before it heard of the last of them.
  for (const event of history) emit(event);

  for (let epoch = history.length + 1; epoch <= settings.epochs && !earlyEnd(history, settings); epoch++) {
    const started = performance.now();
    const planned = phaseOf(epoch, settings);
    if (planned.first !== running.planned.first) {
      await closePhase(running);
      running = await startPhase(planned, run, material, await bestSoFar(run, history));
    }
    const { batches, engine, average } = running;
    const { loss: meanLoss, reward, learningRate } = await trainEpoch(epoch, running, { data, settings, images, history, emit });
    const trained = performance.now();

    const checkpoint = toCheckpoint(run, data, vocabulary, decoder, average);
    const scores = await validate(checkpoint, data, dev.slice(0, settings.validationImages), settings.validationBeamWidth);
    const validationSeconds = (performance.now() - trained) / 1000;
    const seconds = (performance.now() - started) / 1000;
    const best = history.every((other) => quality(other) < quality(scores));
    const last = earlyEnd([...history, { epoch, best }], settings) === undefined ? settings.epochs : epoch;
    const event: TrainingEpoch = {
      type: 'epoch',
      epoch,
      loss: meanLoss,
      reward,
      learningRate,
      seconds,
      validationSeconds,
      imagesPerSecond: (batches.perEpoch * images) / (seconds - validationSeconds),
      secondsLeft: (last - epoch) * seconds,
      bleu: scores.bleu,
      cider: scores.cider,
      best,
      samples: scores.captions.slice(0, SAMPLES),
    };
    history.push(event);
    await writeFileAtomically(join(run.outputDirectory, checkpointName(epoch)), writeCheckpoint(withHistory(checkpoint, settings, history), 'fp16'));
    // Last: an epoch is finished when it can be gone on from.
    const { words } = vocabulary;
    await writeProgress(run.outputDirectory, { state: engine.state(), average: average.parameters, history, vocabulary: words, fingerprint }, decoder);
    for (const { image, caption } of event.samples) emit({ type: 'sample', epoch, image, caption });
    emit(event);
  }

  const best = bestOf(history);
  await closePhase(running);
  await data.close();
  emit({ type: 'finished', bestEpoch: best.epoch });
}

/** What computes the epochs of one phase. */
interface RunningPhase {
  readonly planned: PlannedPhase;
  readonly batches: PhaseBatches;
  readonly engine: TrainingEngine;
  readonly explanation: string;
  /** Of the parameters over the steps of the phase. */
  readonly average: ParameterAverage;
}

/** @param before where it begins; its average where the phase has begun already */
async function startPhase(
  planned: PlannedPhase,
  { settings, compute }: TrainingRun,
  material: Material,
  before: { readonly state: TrainingState; readonly average: ParameterValues | undefined },
): Promise<RunningPhase> {
  const batches = await openPhase(planned, material, settings);
  const { decoder, images } = material;
  const loss = { dropout: settings.dropout, labelSmoothing: batches.labelSmoothing };
  const { engine, explanation } = await openEngine(
    { engine: settings.engine ?? compute.engine, device: settings.device ?? compute.device },
    captionStep({ decoder, images, profile: batches.profile, loss, optimiser: DEFAULT_OPTIMISER }),
    before.state,
  );
  const decay = Math.min(settings.averageDecay, 1 - 1 / (AVERAGED_EPOCHS * batches.perEpoch));
  return { planned, batches, engine, explanation, average: ParameterAverage.from(before.average ?? engine.parameters(), decay) };
}

/** A process that trains has one step graph at a time. */
async function closePhase({ batches, engine }: RunningPhase): Promise<void> {
  await batches.close();
  await engine.close();
}

/** Where a later phase begins: what the best epoch would be as a model. */
async function bestSoFar({ outputDirectory }: TrainingRun, history: Progress['history']): Promise<{ state: TrainingState; average: undefined }> {
  const { parameters } = readCheckpoint(await readFile(join(outputDirectory, checkpointName(bestOf(history).epoch))));
  return { state: withoutMoments(parameters), average: undefined };
}

interface EpochContext {
  readonly data: TrainingData;
  readonly settings: TrainingSettings;
  readonly images: number;
  readonly history: Progress['history'];
  readonly emit: (event: TrainingEvent) => void;
}

type EpochResult = Pick<TrainingEpoch, 'loss' | 'reward' | 'learningRate'>;

async function trainEpoch(epoch: number, { planned, batches, engine, average }: RunningPhase, context: EpochContext): Promise<EpochResult> {
  const { data, settings, images, emit } = context;
  const { phase, first } = planned;
  const highest = phase.learningRate ?? settings.learningRate;
  const phaseSteps = phase.epochs * batches.perEpoch;
  const validationSeconds = context.history.at(-1)?.validationSeconds ?? 0;
  const started = performance.now();
  let told = started;
  const sum = new Means();
  let sinceTold = new Means();
  let step = (epoch - 1) * batches.perEpoch;
  let learningRate = 0;
  for (const [index, drawn] of batches.order(epoch).entries()) {
    step++;
    const stepOfPhase = step - (first - 1) * batches.perEpoch;
    learningRate = learningRateAt(stepOfPhase, phaseSteps, highest, settings.warmUpSteps);
    const { batch, reward } = await batches.lesson(drawn, await data.readRegions(drawn), step, engine.parameters());
    const { loss, norm } = await engine.step(batchFeeds(batch), learningRate, stepOfPhase);
    // A gradient that is none has spoilt the parameters already, which nobody would see in an epoch's last loss.
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      const found = Number.isFinite(loss) ? `The gradient of step ${step} has the norm ${norm}` : `The loss of step ${step} is ${loss}`;
      throw new EkphrasisError(ErrorCode.TrainingFailed, `${found}: the learning rate ${highest} is too high. Resume the training with a lower one.`);
    }
    average.add(engine.parameters(), stepOfPhase);
    sum.add(loss, reward);
    sinceTold.add(loss, reward);
    const now = performance.now();
    if (now - told < STEP_EVENT_SECONDS * 1000 && index > 0) continue;
    const secondsPerStep = (now - started) / 1000 / (index + 1);
    emit({
      type: 'step',
      step,
      epoch,
      loss: sinceTold.loss,
      reward: sinceTold.reward,
      learningRate,
      imagesPerSecond: images / secondsPerStep,
      secondsLeft: (settings.epochs * batches.perEpoch - step) * secondsPerStep + (settings.epochs - epoch + 1) * validationSeconds,
    });
    told = now;
    sinceTold = new Means();
  }
  return { loss: sum.loss, reward: sum.reward, learningRate };
}

/** Means over steps. */
class Means {
  private steps = 0;
  private losses = 0;
  private rewards: number | undefined;

  add(loss: number, reward: number | undefined): void {
    this.steps++;
    this.losses += loss;
    if (reward !== undefined) this.rewards = (this.rewards ?? 0) + reward;
  }

  get loss(): number {
    return this.losses / this.steps;
  }

  get reward(): number | undefined {
    return this.rewards === undefined ? undefined : this.rewards / this.steps;
  }
}

/** What a training goes on from, each of which has its words. */
interface Before {
  readonly progress: Progress | undefined;
  readonly earlier: Checkpoint | undefined;
}

/** The words of a training that goes on; else those of an earlier model with what is missing, or those of the captions alone. */
function vocabularyOf(captions: readonly string[][], { minimumWordCount }: TrainingSettings, { progress, earlier }: Before): Vocabulary {
  if (progress) return new Vocabulary(progress.vocabulary);
  if (earlier) return new Vocabulary(earlier.header.vocabulary).extend(captions, minimumWordCount);
  return Vocabulary.build(captions, minimumWordCount);
}

function bestOf(history: Progress['history']): TrainingEpoch {
  return history.reduce((a, b) => (quality(b) > quality(a) ? b : a));
}

/** What the best checkpoint is chosen by. */
function quality({ cider, bleu }: Pick<TrainingEpoch, 'cider' | 'bleu'>): number {
  return cider + bleu[3];
}

function toCheckpoint(run: TrainingRun, data: TrainingData, vocabulary: Vocabulary, decoder: DecoderSettings, average: ParameterAverage): Checkpoint {
  const { regions, regionSize, embeddingSize, hiddenSize, attentionSize } = decoder;
  return {
    header: {
      format: 'ekphrasis-captioner',
      version: 1,
      name: run.name,
      encoder: data.encoder,
      compatibleEncoders: [],
      vocabulary: [...vocabulary.words],
      settings: { regions, regionSize, embeddingSize, hiddenSize, attentionSize },
      from: run.from && { id: run.from.id, name: run.from.name, sha256: run.from.sha256 },
      training: {},
    },
    parameters: average.parameters,
  };
}

/** Without the time it took, so that the same data, settings and seed give the same file, bit by bit. */
function withHistory(checkpoint: Checkpoint, settings: TrainingSettings, history: readonly TrainingEpoch[]): Checkpoint {
  const epochs = history.map(({ epoch, loss, reward, bleu, cider }) => ({ epoch, loss, ...(reward === undefined ? {} : { reward }), bleu: [...bleu], cider }));
  return { ...checkpoint, header: { ...checkpoint.header, training: { settings: { ...settings }, epochs } } };
}
