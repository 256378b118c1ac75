/** A training that makes a search model: photos and captions set into one space, each near its own. */
import { readFile } from 'node:fs/promises';
import type { Checkpoint } from '../../captioner/checkpoint.js';
import { memberOf, readCheckpoint } from '../../captioner/checkpoint.js';
import { PROJECTION } from '../../captioner/region-projection.js';
import type { CrossRetrieval, RetrievalScores } from '../../metrics/retrieval.js';
import type { SearchCheckpoint } from '../../joint-embedding/checkpoint.js';
import { writeSearchCheckpoint } from '../../joint-embedding/checkpoint.js';
import { parameterShapes } from '../../joint-embedding/joint-embedding.js';
import { STATISTICS, summaryShapes } from '../../joint-embedding/region-summary.js';
import { checkEncoder } from '../../models/encoder-fit.js';
import type { TrainingExample } from '../batch-order.js';
import type { TrainingData } from '../data.js';
import type { ParameterValues } from '../engines/engine.js';
import { examplesOf } from '../examples.js';
import { modelHeader } from '../model-header.js';
import { DEFAULT_OPTIMISER } from '../optimiser.js';
import { readProgress } from '../progress.js';
import type { TrainingTask } from '../task.js';
import type { SearchRun } from '../run.js';
import { SearchBatches } from './batches.js';
import { initialSearchParameters, projectionOf, takeWordVectors } from './initial-parameters.js';
import { searchStep } from './loss-graph.js';
import { measureStatistics } from './statistics.js';
import { validateSearch } from './validation.js';

/** @throws EkphrasisError INVALID_DATASET, INVALID_CHECKPOINT, ENCODER_MISMATCH */
export async function searchTask(run: SearchRun, data: TrainingData): Promise<TrainingTask> {
  const { settings } = run;
  const captioner = run.from && memberOf(readCheckpoint(await readFile(run.from.path)));
  if (captioner) checkEncoder(captioner.header, data.encoder);
  const wordSize = captioner?.header.settings.embeddingSize ?? settings.embeddingSize;
  const sizes = { wordSize, hiddenSize: settings.hiddenSize, ...data.shape };
  const shapes = summaryShapes(data.shape);
  const constantShapes = Object.fromEntries([...PROJECTION, ...STATISTICS].map((name) => [name, shapes[name]]));
  const shapesOf = (vocabularySize: number) => ({
    parameters: parameterShapes({ ...sizes, vocabularySize }),
    constants: constantShapes,
  });
  const progress = run.resume ? await readProgress(run.outputDirectory, shapesOf) : undefined;
  const {
    vocabulary,
    wordsNotice,
    examples: all,
    dev,
  } = examplesOf(data, settings.minimumWordCount, { goesOn: progress?.vocabulary });
  const examples = shortened(all, settings.maximumWords);
  const embedding = { ...sizes, vocabularySize: vocabulary.size };
  const images = Math.min(settings.batchImages, examples.length);
  const { epochs, captionsPerImage: captions, seed, dropout, framing } = settings;
  const batches = new SearchBatches(examples, { epochs, images, captions, seed, dropout, framing });
  const stepSizes = { embedding, images, rows: batches.rows };
  const constants = progress?.constants ?? (await constantsOf(data, captioner));
  const header: SearchCheckpoint['header'] = {
    format: 'ekphrasis-search',
    ...modelHeader(run, data, vocabulary, captioner?.header),
    settings: sizes,
    training: {},
  };
  const whole = (parameters: ParameterValues) => new Map([...parameters, ...constants]);

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
    constants,
    phase: () =>
      Promise.resolve({
        first: 1,
        last: epochs,
        learningRate: settings.learningRate,
        stepsPerEpoch: batches.perEpoch,
        step: searchStep(stepSizes, settings, { ...DEFAULT_OPTIMISER, weightDecay: settings.weightDecay }),
        averageDecay: settings.averageDecay,
        start: () => Promise.resolve(startingParameters()),
        order: (epoch) => batches.order(epoch),
        stepInputs: (drawn, regions, step) =>
          Promise.resolve({ feeds: [...batches.assemble(drawn, regions, step, stepSizes), ...constants] }),
        close: () => Promise.resolve(),
      }),
    async measure(parameters, onProgress) {
      const retrieval = await validateSearch(
        { header, parameters: whole(parameters) },
        data,
        dev.slice(0, settings.validationImages),
        onProgress,
      );
      return { scores: { bleu: null, cider: null, retrieval }, samples: [] };
    },
    quality: ({ retrieval }) => (retrieval ? sumOfRecalls(retrieval) : 0),
    checkpoint(parameters, history) {
      const told = history.map(({ epoch, loss, retrieval }) => ({ epoch, loss, ...(retrieval && plain(retrieval)) }));
      const trainedHeader = { ...header, training: { settings: { ...settings }, epochs: told } };
      return writeSearchCheckpoint({ header: trainedHeader, parameters: whole(parameters) }, 'fp16');
    },
  };

  function startingParameters(): ParameterValues {
    const start = initialSearchParameters(embedding, seed);
    if (captioner) takeWordVectors(start.get('embedding') ?? new Float32Array(), vocabulary, captioner);
    return start;
  }
}

/**
 * What is not learned: a captioner's projection of regions, and what the summaries of the train split's photos are
 * standardised by.
 */
async function constantsOf(data: TrainingData, captioner: Checkpoint | undefined): Promise<ParameterValues> {
  const projection = projectionOf(captioner, data.shape);
  return new Map([...projection, ...(await measureStatistics(data, projection))]);
}

/** The sum of both directions' recalls, as is usual in the field (`rsum`). */
function sumOfRecalls({ textToImage, imageToText }: CrossRetrieval): number {
  return [...textToImage.recall, ...imageToText.recall].reduce((sum, recall) => sum + recall, 0);
}

function plain({ textToImage, imageToText }: CrossRetrieval) {
  const scores = ({ recall, medianRank }: RetrievalScores) => ({ recall: [...recall], medianRank });
  return { textToImage: scores(textToImage), imageToText: scores(imageToText) };
}

/** Captions up to the longest that is learned; those without a word teach nothing. */
function shortened(examples: readonly TrainingExample[], maximumWords: number): TrainingExample[] {
  return examples.flatMap((example) => {
    const captions = example.captions
      .filter(({ length }) => length > 0)
      .map((caption) => caption.slice(0, maximumWords));
    return captions.length > 0 ? [{ ...example, captions }] : [];
  });
}
