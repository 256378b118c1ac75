/** A training that makes a captioner: photos and captions in, next words out. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../captioner/checkpoint.js';
import { architecturesOf, readCheckpoint, writeCheckpoint } from '../captioner/checkpoint.js';
import { createDecoder, DEFAULT_ARCHITECTURE } from '../captioner/decoders/all.js';
import { CiderReferences } from '../metrics/cider.js';
import type { TrainingData } from './data.js';
import type { ParameterValues } from './engines/engine.js';
import type { EpochScores, TrainingEpoch } from './events.js';
import { examplesOf } from './examples.js';
import { initialParameters } from './initial-parameters.js';
import { captionStep } from './loss-graph.js';
import { learnersOf, shapesOfMembers, startFromMembers } from './members.js';
import { modelHeader } from './model-header.js';
import { DEFAULT_OPTIMISER } from './optimiser.js';
import { phaseOf, type PlannedPhase } from './phase-plan.js';
import type { Material } from './phase-batches.js';
import { openPhase } from './phases.js';
import { readProgress } from './progress.js';
import { checkpointName } from './run-folder.js';
import { withEnding } from './self-critical.js';
import type { TrainingTask } from './task.js';
import type { CaptionRun } from './run.js';
import { validate } from './validation.js';

/** What is kept is averaged over no more epochs than this: in a small data set's few steps it would lag behind. */
const AVERAGED_EPOCHS = 2;
/** Dev images whose captions are told after every epoch. */
const SAMPLES = 5;

/** @throws EkphrasisError INVALID_DATASET, INVALID_CHECKPOINT */
export async function captionTask(run: CaptionRun, data: TrainingData): Promise<TrainingTask> {
  const { settings } = run;
  const earlier = run.from && learnersOf(readCheckpoint(await readFile(run.from.path)), settings);
  const { architecture, cell, embeddingSize, hiddenSize, attentionSize } = settings;
  const asked = {
    ...DEFAULT_ARCHITECTURE,
    ...data.shape,
    architecture,
    cell,
    embeddingSize,
    hiddenSize,
    attentionSize,
  };
  const [network = asked, ...others] = earlier ? architecturesOf(earlier.header.settings) : [];
  const members = 1 + others.length;
  const shapesOf = (vocabularySize: number) => ({
    parameters: shapesOfMembers(createDecoder(network, vocabularySize), members),
    constants: {},
  });
  const progress = run.resume ? await readProgress(run.outputDirectory, shapesOf) : undefined;
  const { vocabulary, wordsNotice, examples, tokens, dev } = examplesOf(data, settings.minimumWordCount, {
    goesOn: progress?.vocabulary,
    earlier: earlier?.header.vocabulary,
  });
  const decoder = createDecoder(network, vocabulary.size);
  const images = Math.min(settings.batchImages, examples.length);
  const material: Material = {
    examples,
    decoder,
    images,
    vocabulary: vocabulary.words,
    references: () => new CiderReferences(tokens.map((captions) => captions.map(withEnding))),
  };
  const header: Checkpoint['header'] = {
    format: 'ekphrasis-captioner',
    ...modelHeader(run, data, vocabulary, earlier?.header),
    settings: earlier?.header.settings ?? asked,
    from: run.from && { id: run.from.id, name: run.from.name, sha256: run.from.sha256 },
    training: {},
  };

  return {
    progress,
    vocabulary,
    wordsNotice,
    shapes: shapesOf(vocabulary.size),
    learned: {
      images: examples.length,
      captions: examples.reduce((count, example) => count + example.captions.length, 0),
    },
    batchImages: images,
    constants: new Map(),
    async phase(epoch, history) {
      const planned = phaseOf(epoch, settings);
      const batches = await openPhase(planned, material, settings);
      const { profile, labelSmoothing } = batches;
      return {
        first: planned.first,
        last: planned.last,
        learningRate: planned.phase.learningRate ?? settings.learningRate,
        stepsPerEpoch: batches.perEpoch,
        step: captionStep({
          decoder,
          members,
          images,
          profile,
          loss: { dropout: settings.dropout, labelSmoothing },
          optimiser: { ...DEFAULT_OPTIMISER, weightDecay: settings.weightDecay },
        }),
        averageDecay: Math.min(settings.averageDecay, 1 - 1 / (AVERAGED_EPOCHS * batches.perEpoch)),
        start: () => startOf(planned, history),
        order: (ofEpoch) => batches.order(ofEpoch),
        stepInputs: (...given) => batches.stepInputs(...given),
        close: () => batches.close(),
      };
    },
    async measure(parameters, onProgress) {
      const photos = dev.slice(0, settings.validationImages);
      const { bleu, cider, captions } = await validate(
        { header, parameters },
        data.inChunks(photos),
        settings.validationBeamWidth,
        (done) => {
          onProgress(done, photos.length);
        },
      );
      return { scores: { bleu, cider, retrieval: null }, samples: captions.slice(0, SAMPLES) };
    },
    quality,
    checkpoint(parameters, history) {
      const epochs = history.map(({ epoch, loss, reward, bleu, cider }) => {
        return { epoch, loss, ...(reward === undefined ? {} : { reward }), bleu: [...(bleu ?? [])], cider };
      });
      return writeCheckpoint(
        { header: { ...header, training: { settings: { ...settings }, epochs } }, parameters },
        'fp16',
      );
    },
  };

  /** A later phase begins with what the best epoch before it would be as a model. */
  async function startOf({ first }: PlannedPhase, history: readonly TrainingEpoch[]): Promise<ParameterValues> {
    if (first === 1) return earlier ? startFromMembers(earlier, vocabulary) : initialParameters(decoder, settings.seed);
    const best = history.reduce((a, b) => (quality(b) > quality(a) ? b : a));
    return readCheckpoint(await readFile(join(run.outputDirectory, checkpointName(best.epoch)))).parameters;
  }
}

function quality({ bleu, cider }: EpochScores): number {
  return (cider ?? 0) + (bleu?.[3] ?? 0);
}
