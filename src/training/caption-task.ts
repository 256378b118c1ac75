/** A training that makes a captioner: photos and captions in, next words out. */
import { readFile } from 'node:fs/promises';
import type { Checkpoint } from '../captioner/checkpoint.js';
import { readCheckpoint, writeCheckpoint } from '../captioner/checkpoint.js';
import { DEFAULT_SIZES, parameterShapes } from '../captioner/decoder.js';
import { Vocabulary } from '../language/vocabulary.js';
import { Batches, batchFeeds } from './batches.js';
import type { TrainingData } from './data.js';
import { examplesOf } from './examples.js';
import { startFrom } from './fine-tuning.js';
import { initialParameters } from './initial-parameters.js';
import { captionStep } from './loss-graph.js';
import { DEFAULT_OPTIMISER } from './optimiser.js';
import type { Progress } from './progress.js';
import { readProgress } from './progress.js';
import type { TrainingSettings } from './settings.js';
import type { TrainingTask } from './task.js';
import type { CaptionRun } from './train.js';
import { validate } from './validation.js';

/** What is kept is averaged over no more epochs than this: in a small data set's few steps it would lag behind. */
const AVERAGED_EPOCHS = 2;
/** Dev images whose captions are told after every epoch. */
const SAMPLES = 5;

/** @throws EkphrasisError INVALID_DATASET, INVALID_CHECKPOINT */
export async function captionTask(run: CaptionRun, data: TrainingData): Promise<TrainingTask> {
  const { settings } = run;
  const earlier = run.from && readCheckpoint(await readFile(run.from.path));
  const { embeddingSize, hiddenSize, attentionSize } = settings;
  const sizes = { ...DEFAULT_SIZES, embeddingSize, hiddenSize, attentionSize, ...earlier?.header.settings };
  const shapesOf = (vocabularySize: number) => ({ parameters: parameterShapes({ ...sizes, vocabularySize }), constants: {} });
  const progress = run.resume ? await readProgress(run.outputDirectory, shapesOf) : undefined;
  const { vocabulary, examples, dev } = examplesOf(data, (captions) => vocabularyOf(captions, settings, { progress, earlier }));
  const decoder = { ...sizes, vocabularySize: vocabulary.size };
  const images = Math.min(settings.batchImages, examples.length);
  const batches = new Batches(examples, {
    epochs: settings.epochs,
    images,
    captions: Math.min(settings.captionsPerImage, Math.max(...examples.map((example) => example.captions.length))),
    words: settings.maximumWords,
    seed: settings.seed,
    dropout: settings.dropout,
    decoder,
  });
  const loss = { dropout: settings.dropout, labelSmoothing: settings.labelSmoothing };
  const untold: Checkpoint['header'] = {
    format: 'ekphrasis-captioner',
    version: 1,
    name: run.name,
    encoder: data.encoder,
    compatibleEncoders: [],
    vocabulary: [...vocabulary.words],
    settings: sizes,
    from: run.from && { id: run.from.id, name: run.from.name, sha256: run.from.sha256 },
    training: {},
  };

  return {
    progress,
    vocabulary,
    shapes: shapesOf(vocabulary.size),
    learned: { images: examples.length, captions: examples.reduce((count, example) => count + example.captions.length, 0) },
    batchImages: images,
    stepsPerEpoch: batches.perEpoch,
    step: captionStep({ decoder, images, profile: batches.profile, loss, optimiser: DEFAULT_OPTIMISER }),
    start: earlier ? startFrom(earlier, vocabulary) : initialParameters(decoder, settings.seed),
    constants: new Map(),
    averageDecay: Math.min(settings.averageDecay, 1 - 1 / (AVERAGED_EPOCHS * batches.perEpoch)),
    order: (epoch) => batches.order(epoch),
    feeds: (drawn, regions, step) => batchFeeds(batches.assemble(drawn, regions, step)),
    async measure(parameters) {
      const { bleu, cider, captions } = await validate({ header: untold, parameters }, data, dev.slice(0, settings.validationImages), settings.validationBeamWidth);
      return { scores: { bleu, cider, retrieval: null }, samples: captions.slice(0, SAMPLES) };
    },
    quality: ({ bleu, cider }) => (cider ?? 0) + (bleu?.[3] ?? 0),
    checkpoint(parameters, history) {
      const epochs = history.map(({ epoch, loss: mean, bleu, cider }) => ({ epoch, loss: mean, bleu: [...(bleu ?? [])], cider }));
      return writeCheckpoint({ header: { ...untold, training: { settings: { ...settings }, epochs } }, parameters }, 'fp16');
    },
  };
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
