/** A training from its data to its checkpoints, in the order in which it happens. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../captioner/checkpoint.js';
import { readCheckpoint, writeCheckpoint } from '../captioner/checkpoint.js';
import type { DecoderSettings } from '../captioner/decoder.js';
import { DEFAULT_SIZES } from '../captioner/decoder.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { tokenise } from '../language/tokeniser.js';
import { Vocabulary } from '../language/vocabulary.js';
import { writeFileAtomically } from '../store/atomic-file.js';
import { Batches } from './batches.js';
import type { TrainingExample } from './batches.js';
import { TrainingData } from './data.js';
import { earlyEnd } from './early-stopping.js';
import { openEngine } from './engines/choose.js';
import type { TrainingEngine } from './engines/engine.js';
import type { TrainingEpoch, TrainingEvent } from './events.js';
import { type EarlierModel, startFrom } from './fine-tuning.js';
import { DEFAULT_OPTIMISER } from './optimiser.js';
import { ParameterAverage } from './parameter-average.js';
import { readProgress, startingState, withoutMoments, writeProgress } from './progress.js';
import type { Progress } from './progress.js';
import { checkpointName } from './run-folder.js';
import { learningRateAt } from './schedule.js';
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
  const { vocabulary, examples, dev } = prepare(data, settings, { progress, earlier });
  const images = Math.min(settings.batchImages, examples.length);
  const decoder: DecoderSettings = { ...sizes, vocabularySize: vocabulary.size };
  const batches = new Batches(examples, {
    epochs: settings.epochs,
    images,
    captions: Math.min(settings.captionsPerImage, Math.max(...examples.map((example) => example.captions.length))),
    words: settings.maximumWords,
    seed: settings.seed,
    dropout: settings.dropout,
    decoder,
  });
  const history: TrainingEpoch[] = [...(progress?.history ?? [])];
  const loss = { dropout: settings.dropout, labelSmoothing: settings.labelSmoothing };
  const { engine, explanation } = await openEngine(
    { engine: settings.engine ?? run.compute.engine, device: settings.device ?? run.compute.device },
    { decoder, images, profile: batches.profile, loss, optimiser: DEFAULT_OPTIMISER },
    progress?.state ?? (earlier ? withoutMoments(startFrom(earlier, vocabulary)) : startingState(decoder, settings.seed)),
  );
  const decay = Math.min(settings.averageDecay, 1 - 1 / (AVERAGED_EPOCHS * batches.perEpoch));
  const average = ParameterAverage.from(progress?.average ?? engine.parameters(), decay);

  emit({
    type: 'started',
    parameters: [...average.parameters.values()].reduce((count, numbers) => count + numbers.length, 0),
    images: examples.length,
    captions: examples.reduce((count, example) => count + example.captions.length, 0),
    vocabularySize: vocabulary.size,
    stepsPerEpoch: batches.perEpoch,
    epochs: settings.epochs,
    engine: engine.name,
    device: engine.device,
    explanation: progress && progress.fingerprint !== fingerprint ? `${explanation} ${OTHER_DATA}` : explanation,
  });
  // Whoever started the training may have been lost before it heard of the last of them.
  for (const event of history) emit(event);

  for (let epoch = history.length + 1; epoch <= settings.epochs && !earlyEnd(history, settings); epoch++) {
    const started = performance.now();
    const { loss: meanLoss, learningRate } = await trainEpoch(epoch, { data, batches, engine, average, settings, images, history, emit });
    const trained = performance.now();

    const checkpoint = toCheckpoint(run, data, vocabulary, decoder, average);
    const scores = await validate(checkpoint, data, dev, settings.validationBeamWidth);
    const validationSeconds = (performance.now() - trained) / 1000;
    const seconds = (performance.now() - started) / 1000;
    const best = history.every((other) => quality(other) < scores.cider + scores.bleu[3]);
    const last = earlyEnd([...history, { epoch, best }], settings) === undefined ? settings.epochs : epoch;
    const event: TrainingEpoch = {
      type: 'epoch',
      epoch,
      loss: meanLoss,
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

  const best = history.reduce((a, b) => (quality(b) > quality(a) ? b : a));
  await engine.close();
  await data.close();
  emit({ type: 'finished', bestEpoch: best.epoch });
}

interface EpochContext {
  readonly data: TrainingData;
  readonly batches: Batches;
  readonly engine: TrainingEngine;
  readonly average: ParameterAverage;
  readonly settings: TrainingSettings;
  readonly images: number;
  readonly history: Progress['history'];
  readonly emit: (event: TrainingEvent) => void;
}

async function trainEpoch(epoch: number, context: EpochContext): Promise<{ loss: number; learningRate: number }> {
  const { data, batches, engine, average, settings, images, emit } = context;
  const totalSteps = settings.epochs * batches.perEpoch;
  const validationSeconds = context.history.at(-1)?.validationSeconds ?? 0;
  const started = performance.now();
  let told = started;
  let sum = 0;
  let sinceTold = { loss: 0, steps: 0 };
  let step = (epoch - 1) * batches.perEpoch;
  let learningRate = 0;
  for (const [index, drawn] of batches.order(epoch).entries()) {
    step++;
    learningRate = learningRateAt(step, totalSteps, settings.learningRate, settings.warmUpSteps);
    const regions = await data.readRegions(drawn);
    const { loss, norm } = await engine.step(batches.assemble(drawn, regions, step), learningRate, step);
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
      imagesPerSecond: images / secondsPerStep,
      secondsLeft: (totalSteps - step) * secondsPerStep + (settings.epochs - epoch + 1) * validationSeconds,
    });
    told = now;
    sinceTold = { loss: 0, steps: 0 };
  }
  return { loss: sum / batches.perEpoch, learningRate };
}

interface Prepared {
  readonly vocabulary: Vocabulary;
  readonly examples: TrainingExample[];
  readonly dev: number[];
}

/** What a training goes on from, each of which has its words. */
interface Before {
  readonly progress: Progress | undefined;
  readonly earlier: Checkpoint | undefined;
}

/** Words and word ids of the train split, and the places of the dev split. */
function prepare(data: TrainingData, settings: TrainingSettings, before: Before): Prepared {
  const tokens = data.images.map((image) => (image.split === 'train' ? image.captions.map(tokenise) : []));
  const vocabulary = vocabularyOf(tokens.flat(), settings, before);
  const examples = tokens.flatMap((captions, index) =>
    captions.length > 0 ? [{ index, views: data.images[index]?.views ?? 1, captions: captions.map((caption) => vocabulary.encode(caption)) }] : [],
  );
  const dev = data.images.flatMap((image, index) => (image.split === 'dev' && image.captions.length > 0 ? [index] : []));
  if (examples.length === 0 || dev.length === 0) {
    throw new EkphrasisError(ErrorCode.InvalidDataset, 'Training needs images with captions in the train split and in the dev split.');
  }
  return { vocabulary, examples, dev: dev.slice(0, settings.validationImages) };
}

/** The words of a training that goes on; else those of an earlier model with what is missing, or those of the captions alone. */
function vocabularyOf(captions: readonly string[][], { minimumWordCount }: TrainingSettings, { progress, earlier }: Before): Vocabulary {
  if (progress) return new Vocabulary(progress.vocabulary);
  if (earlier) return new Vocabulary(earlier.header.vocabulary).extend(captions, minimumWordCount);
  return Vocabulary.build(captions, minimumWordCount);
}

/** What the best checkpoint is chosen by. */
function quality(epoch: TrainingEpoch): number {
  return epoch.cider + epoch.bleu[3];
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
  const epochs = history.map(({ epoch, loss, bleu, cider }) => ({ epoch, loss, bleu: [...bleu], cider }));
  return { ...checkpoint, header: { ...checkpoint.header, training: { settings: { ...settings }, epochs } } };
}
