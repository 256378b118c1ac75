/** A training from its data to its checkpoints, in the order in which it happens, whatever it learns. */
import { join } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import { FreeSpace } from '../files/free-space.js';
import { captionTask } from './caption-task.js';
import { TrainingData } from './data.js';
import { earlyEnd } from './early-stopping.js';
import { openEngine } from './engines/choose.js';
import type { TrainingEngine } from './engines/engine.js';
import type { TrainingEpoch, TrainingEvent } from './events.js';
import { SlidingRate } from '../monitoring/rate.js';
import { ParameterAverage } from './parameter-average.js';
import type { Progress } from './progress.js';
import { withoutMoments, writeProgress } from './progress.js';
import { checkpointName } from './run-folder.js';
import { learningRateAt } from './schedule.js';
import { searchTask } from './joint-embedding/task.js';
import type { TrainingRun } from './run.js';
import type { TrainingPhase } from './task.js';

/** Seconds between two `step` events. */
const STEP_EVENT_SECONDS = 2;
const COMPILING = { type: 'stage', stage: 'COMPILING', done: 0, total: null } as const;
const OTHER_DATA =
  'The photos, their captions, or what is seen in them are not those it began with: it goes on with those there are now, and with the words it knows.';

/**
 * Trains a captioner or a search model.
 *
 * @param emit is told of every step, epoch and sample, and at the end of the best checkpoint
 * @throws EkphrasisError INVALID_DATASET, ENGINE_UNAVAILABLE, DEVICE_UNAVAILABLE, TRAINING_FAILED (a loss or a gradient
 *   that is no number), STORAGE_FAILED, INVALID_CHECKPOINT, ENCODER_MISMATCH; what the last finished epoch wrote stays
 */
export async function train(run: TrainingRun, emit: (event: TrainingEvent) => void): Promise<void> {
  const data = await TrainingData.open(run.dataFile);
  try {
    await trainOn(data, run, emit);
  } finally {
    await data.close();
  }
}

async function trainOn(data: TrainingData, run: TrainingRun, emit: (event: TrainingEvent) => void): Promise<void> {
  emit(COMPILING);
  const { settings } = run;
  const { fingerprint } = data;
  const task = run.task === 'CAPTION' ? await captionTask(run, data) : await searchTask(run, data);
  const { progress, vocabulary, learned, batchImages, constants } = task;
  const history: TrainingEpoch[] = [...(progress?.history ?? [])];
  let running = await startPhase(
    await task.phase(Math.min(history.length + 1, settings.epochs), history),
    run,
    progress,
  );
  const { explanation } = running;

  emit({
    type: 'started',
    parameters: [...running.average.parameters.values()].reduce((count, numbers) => count + numbers.length, 0),
    ...learned,
    vocabularySize: vocabulary.size,
    stepsPerEpoch: running.phase.stepsPerEpoch,
    epochs: settings.epochs,
    engine: running.engine.name,
    device: running.engine.device,
    explanation: [
      explanation,
      ...(progress && progress.fingerprint !== fingerprint ? [OTHER_DATA] : []),
      ...(task.wordsNotice === undefined ? [] : [task.wordsNotice]),
    ].join(' '),
  });
  // Whoever started the training may have been lost before it heard of the last of them.
  for (const event of history) emit(event);

  const space = new FreeSpace(run.outputDirectory, run.diskReserve);
  for (let epoch = history.length + 1; epoch <= settings.epochs && !earlyEnd(history, settings); epoch++) {
    const started = performance.now();
    if (epoch > running.phase.last) {
      await closePhase(running);
      emit(COMPILING);
      running = await startPhase(await task.phase(epoch, history), run, progress);
    }
    const { phase, engine, average } = running;
    const { loss, reward, learningRate } = await trainEpoch(epoch, running, {
      data,
      batchImages,
      settings,
      history,
      emit,
    });
    const trained = performance.now();
    emit({ type: 'stage', stage: 'VALIDATING', done: 0, total: null });

    const { scores, samples } = await task.measure(average.parameters, (done, total) => {
      emit({ type: 'stage', stage: 'VALIDATING', done, total });
    });
    const validationSeconds = (performance.now() - trained) / 1000;
    const seconds = (performance.now() - started) / 1000;
    const best = history.every((other) => task.quality(other) < task.quality(scores));
    const last = earlyEnd([...history, { epoch, best }], settings) === undefined ? settings.epochs : epoch;
    const event: TrainingEpoch = {
      type: 'epoch',
      epoch,
      loss,
      reward,
      learningRate,
      seconds,
      validationSeconds,
      imagesPerSecond: (phase.stepsPerEpoch * batchImages) / (seconds - validationSeconds),
      secondsLeft: (last - epoch) * seconds,
      ...scores,
      best,
      samples,
    };
    history.push(event);
    await writeFileAtomically(
      join(run.outputDirectory, checkpointName(epoch)),
      task.checkpoint(average.parameters, history),
      { space },
    );
    // Last: an epoch is finished when it can be gone on from.
    const { words } = vocabulary;
    await writeProgress(
      run.outputDirectory,
      { state: engine.state(), average: average.parameters, constants, history, vocabulary: words, fingerprint },
      task.shapes,
      space,
    );
    for (const { image, caption } of samples) emit({ type: 'sample', epoch, image, caption });
    emit(event);
  }

  const best = history.reduce((a, b) => (task.quality(b) > task.quality(a) ? b : a));
  await closePhase(running);
  emit({ type: 'finished', bestEpoch: best.epoch });
}

/** What computes the epochs of one phase. */
interface RunningPhase {
  readonly phase: TrainingPhase;
  readonly engine: TrainingEngine;
  readonly explanation: string;
  /** Of the parameters over the steps of the phase. */
  readonly average: ParameterAverage;
}

/** @param progress of the whole training; a phase of which an epoch is finished goes on from it */
async function startPhase(
  phase: TrainingPhase,
  { settings, compute }: TrainingRun,
  progress: Progress | undefined,
): Promise<RunningPhase> {
  const within = progress && progress.history.length >= phase.first ? progress : undefined;
  const { engine, explanation } = await openEngine(
    { engine: settings.engine ?? compute.engine, device: settings.device ?? compute.device },
    phase.step,
    within?.state ?? withoutMoments(await phase.start()),
  );
  return {
    phase,
    engine,
    explanation,
    average: ParameterAverage.from(within?.average ?? engine.parameters(), phase.averageDecay),
  };
}

/** A process that trains has one step graph at a time. */
async function closePhase({ phase, engine }: RunningPhase): Promise<void> {
  await phase.close();
  await engine.close();
}

interface EpochContext {
  readonly data: TrainingData;
  readonly batchImages: number;
  readonly settings: TrainingRun['settings'];
  readonly history: readonly TrainingEpoch[];
  readonly emit: (event: TrainingEvent) => void;
}

type EpochResult = Pick<TrainingEpoch, 'loss' | 'reward' | 'learningRate'>;

async function trainEpoch(
  epoch: number,
  { phase, engine, average }: RunningPhase,
  context: EpochContext,
): Promise<EpochResult> {
  const { data, batchImages, settings, emit } = context;
  const { stepsPerEpoch } = phase;
  const phaseSteps = (phase.last - phase.first + 1) * stepsPerEpoch;
  const validationSeconds = context.history.at(-1)?.validationSeconds ?? 0;
  const rate = new SlidingRate();
  let told = performance.now();
  const sum = new Means();
  let sinceTold = new Means();
  let step = (epoch - 1) * stepsPerEpoch;
  let learningRate = 0;
  for (const [index, drawn] of phase.order(epoch).entries()) {
    step++;
    // The schedule, Adam's moments and the average begin anew with each phase.
    const stepOfPhase = step - (phase.first - 1) * stepsPerEpoch;
    learningRate = learningRateAt(stepOfPhase, phaseSteps, phase.learningRate, settings.warmUpSteps);
    const { feeds, reward } = await phase.stepInputs(drawn, await data.readRegions(drawn), step, engine.parameters());
    const { loss, norm } = await engine.step(feeds, learningRate, stepOfPhase);
    // A gradient that is none has spoilt the parameters already, which nobody would see in an epoch's last loss.
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      const found = Number.isFinite(loss)
        ? `The gradient of step ${step} has the norm ${norm}`
        : `The loss of step ${step} is ${loss}`;
      throw new EkphrasisError(
        ErrorCode.TrainingFailed,
        `${found}: the learning rate ${phase.learningRate} is too high. Resume the training with a lower one.`,
      );
    }
    average.add(engine.parameters(), stepOfPhase);
    sum.add(loss, reward);
    sinceTold.add(loss, reward);
    const now = performance.now();
    if (now - told < STEP_EVENT_SECONDS * 1000 && index > 0) continue;
    rate.add(index + 1);
    // It is told of no step before there is enough to tell a rate by.
    const stepsPerSecond = rate.perSecond;
    if (stepsPerSecond === undefined) continue;
    emit({
      type: 'step',
      step,
      epoch,
      loss: sinceTold.loss,
      reward: sinceTold.reward,
      learningRate,
      imagesPerSecond: batchImages * stepsPerSecond,
      secondsLeft:
        (settings.epochs * stepsPerEpoch - step) / stepsPerSecond + (settings.epochs - epoch + 1) * validationSeconds,
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
