/** A training from its data to its checkpoints, in the order in which it happens, whatever it learns. */
import { join } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { writeFileAtomically } from '../store/atomic-file.js';
import { captionTask } from './caption-task.js';
import { TrainingData } from './data.js';
import { earlyEnd } from './early-stopping.js';
import { openEngine } from './engines/choose.js';
import type { TrainingEngine } from './engines/engine.js';
import type { TrainingEpoch, TrainingEvent } from './events.js';
import type { EarlierModel } from './fine-tuning.js';
import { ParameterAverage } from './parameter-average.js';
import { withoutMoments, writeProgress } from './progress.js';
import { checkpointName } from './run-folder.js';
import { learningRateAt } from './schedule.js';
import type { SearchSettings } from './search/settings.js';
import { searchTask } from './search/task.js';
import type { EngineWish, TrainingSettings } from './settings.js';
import type { TrainingTask } from './task.js';

interface Run {
  /** Name of the model that comes of it. */
  readonly name: string;
  /** A folder written by `writeTrainingData`. */
  readonly dataFile: string;
  /** Receives two files after every epoch; see run-folder.ts. */
  readonly outputDirectory: string;
  /** What to compute with where the settings do not say. */
  readonly compute: EngineWish;
  /** Go on from the progress in `outputDirectory`, if there is any. */
  readonly resume?: boolean;
  /**
   * The captioner to begin with: another captioner has its parameters, sizes and vocabulary, a search model its projection of
   * regions and its word vectors.
   */
  readonly from?: EarlierModel | undefined;
}

export interface CaptionRun extends Run {
  readonly task: 'CAPTION';
  readonly settings: TrainingSettings;
}

export interface SearchRun extends Run {
  readonly task: 'SEARCH';
  readonly settings: SearchSettings;
}

export type TrainingRun = CaptionRun | SearchRun;

/** Seconds between two `step` events. */
const STEP_EVENT_SECONDS = 2;
const OTHER_DATA =
  'The photos, their captions, or what is seen in them are not those it began with: it goes on with those there are now, and with the words it knows.';

/**
 * Trains a captioner or a search model.
 *
 * @param emit is told of every step, epoch and sample, and at the end of the best checkpoint
 * @throws EkphrasisError INVALID_DATASET, ENGINE_UNAVAILABLE, DEVICE_UNAVAILABLE, TRAINING_FAILED (a loss or a gradient that
 *   is no number), STORAGE_FAILED, INVALID_CHECKPOINT, ENCODER_MISMATCH; what the last finished epoch wrote stays
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
  const { settings } = run;
  const { fingerprint } = data;
  const task = run.task === 'CAPTION' ? await captionTask(run, data) : await searchTask(run, data);
  const { progress, vocabulary, learned, batchImages, stepsPerEpoch, constants } = task;
  const history: TrainingEpoch[] = [...(progress?.history ?? [])];
  const { engine, explanation } = await openEngine(
    { engine: settings.engine ?? run.compute.engine, device: settings.device ?? run.compute.device },
    task.step,
    progress?.state ?? withoutMoments(task.start),
  );
  const average = ParameterAverage.from(progress?.average ?? engine.parameters(), task.averageDecay);

  emit({
    type: 'started',
    parameters: [...average.parameters.values()].reduce((count, numbers) => count + numbers.length, 0),
    ...learned,
    vocabularySize: vocabulary.size,
    stepsPerEpoch,
    epochs: settings.epochs,
    engine: engine.name,
    device: engine.device,
    explanation: progress && progress.fingerprint !== fingerprint ? `${explanation} ${OTHER_DATA}` : explanation,
  });
  // Whoever started the training may have been lost before it heard of the last of them.
  for (const event of history) emit(event);

  for (let epoch = history.length + 1; epoch <= settings.epochs && !earlyEnd(history, settings); epoch++) {
    const started = performance.now();
    const { loss, learningRate } = await trainEpoch(epoch, { data, task, engine, average, settings, history, emit });
    const trained = performance.now();

    const { scores, samples } = await task.measure(average.parameters);
    const validationSeconds = (performance.now() - trained) / 1000;
    const seconds = (performance.now() - started) / 1000;
    const best = history.every((other) => task.quality(other) < task.quality(scores));
    const last = earlyEnd([...history, { epoch, best }], settings) === undefined ? settings.epochs : epoch;
    const event: TrainingEpoch = {
      type: 'epoch',
      epoch,
      loss,
      learningRate,
      seconds,
      validationSeconds,
      imagesPerSecond: (stepsPerEpoch * batchImages) / (seconds - validationSeconds),
      secondsLeft: (last - epoch) * seconds,
      ...scores,
      best,
      samples,
    };
    history.push(event);
    await writeFileAtomically(join(run.outputDirectory, checkpointName(epoch)), task.checkpoint(average.parameters, history));
    // Last: an epoch is finished when it can be gone on from.
    const { words } = vocabulary;
    await writeProgress(run.outputDirectory, { state: engine.state(), average: average.parameters, constants, history, vocabulary: words, fingerprint }, task.shapes);
    for (const { image, caption } of samples) emit({ type: 'sample', epoch, image, caption });
    emit(event);
  }

  const best = history.reduce((a, b) => (task.quality(b) > task.quality(a) ? b : a));
  await engine.close();
  emit({ type: 'finished', bestEpoch: best.epoch });
}

interface EpochContext {
  readonly data: TrainingData;
  readonly task: TrainingTask;
  readonly engine: TrainingEngine;
  readonly average: ParameterAverage;
  readonly settings: TrainingRun['settings'];
  readonly history: readonly TrainingEpoch[];
  readonly emit: (event: TrainingEvent) => void;
}

async function trainEpoch(epoch: number, context: EpochContext): Promise<{ loss: number; learningRate: number }> {
  const { data, task, engine, average, settings, emit } = context;
  const { stepsPerEpoch } = task;
  const totalSteps = settings.epochs * stepsPerEpoch;
  const validationSeconds = context.history.at(-1)?.validationSeconds ?? 0;
  const started = performance.now();
  let told = started;
  let sum = 0;
  let sinceTold = { loss: 0, steps: 0 };
  let step = (epoch - 1) * stepsPerEpoch;
  let learningRate = 0;
  for (const [index, drawn] of task.order(epoch).entries()) {
    step++;
    learningRate = learningRateAt(step, totalSteps, settings.learningRate, settings.warmUpSteps);
    const regions = await data.readRegions(drawn);
    const { loss, norm } = await engine.step(task.feeds(drawn, regions, step), learningRate, step);
    // A gradient that is none has spoilt the parameters already, which nobody would see in an epoch's last loss.
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      const found = Number.isFinite(loss) ? `The gradient of step ${step} has the norm ${norm}` : `The loss of step ${step} is ${loss}`;
      throw new EkphrasisError(ErrorCode.TrainingFailed, `${found}: the learning rate ${settings.learningRate} is too high. Resume the training with a lower one.`);
    }
    average.add(engine.parameters(), step);
    sum += loss;
    sinceTold = { loss: sinceTold.loss + loss, steps: sinceTold.steps + 1 };
    const now = performance.now();
    if (now - told < STEP_EVENT_SECONDS * 1000 && index > 0) continue;
    const secondsPerStep = (now - started) / 1000 / (index + 1);
    emit({
      type: 'step',
      step,
      epoch,
      loss: sinceTold.loss / sinceTold.steps,
      learningRate,
      imagesPerSecond: task.batchImages / secondsPerStep,
      secondsLeft: (totalSteps - step) * secondsPerStep + (settings.epochs - epoch + 1) * validationSeconds,
    });
    told = now;
    sinceTold = { loss: 0, steps: 0 };
  }
  return { loss: sum / stepsPerEpoch, learningRate };
}
