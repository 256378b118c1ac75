/** A training of the joint embedding from its data to its checkpoints. */
import { join } from 'node:path';
import type { Checkpoint } from '../../captioner/checkpoint.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { CrossRetrieval, RetrievalScores } from '../../evaluation/retrieval.js';
import { Vocabulary } from '../../language/vocabulary.js';
import type { SearchCheckpoint } from '../../retrieval/checkpoint.js';
import { writeSearchCheckpoint } from '../../retrieval/checkpoint.js';
import { writeFileAtomically } from '../../store/atomic-file.js';
import type { TrainingExample } from '../batch-order.js';
import { TrainingData } from '../data.js';
import { examplesOf } from '../examples.js';
import { openEngine } from '../engines/choose.js';
import type { TrainingEngine } from '../engines/engine.js';
import { DEFAULT_OPTIMISER } from '../optimiser.js';
import { ParameterAverage } from '../parameter-average.js';
import { withoutMoments } from '../progress.js';
import { checkpointName } from '../run-folder.js';
import { learningRateAt } from '../schedule.js';
import type { EngineWish } from '../settings.js';
import { SearchBatches } from './batches.js';
import { initialSearchParameters, projectionOf, takeWordVectors } from './initial-parameters.js';
import { searchStep } from './loss-graph.js';
import type { SearchSettings } from './settings.js';
import { measureStatistics } from './statistics.js';
import { validateSearch } from './validation.js';

export interface SearchTrainingRun {
  /** Name of the model that comes of it. */
  readonly name: string;
  /** A folder written by `writeTrainingData`. */
  readonly dataFile: string;
  /** Receives a checkpoint after every epoch. */
  readonly outputDirectory: string;
  readonly settings: SearchSettings;
  readonly compute: EngineWish;
  /** Its projection of regions and its word vectors are where the search begins; trained on what the same encoder sees. */
  readonly captioner?: Checkpoint | undefined;
}

export interface SearchEpoch extends CrossRetrieval {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the epoch's steps, in nats. */
  readonly loss: number;
  /** Of the steps and of the validation after them. */
  readonly seconds: number;
  /** Whether it is the best epoch so far, see `quality`. */
  readonly best: boolean;
}

/**
 * Trains a search model.
 *
 * @param tell is told of every epoch
 * @returns the best epoch's checkpoint
 * @throws EkphrasisError INVALID_DATASET, ENCODER_MISMATCH, ENGINE_UNAVAILABLE, DEVICE_UNAVAILABLE, TRAINING_FAILED (a loss that
 *   is no number), STORAGE_FAILED
 */
export async function trainSearch(run: SearchTrainingRun, tell: (epoch: SearchEpoch) => void): Promise<string> {
  const { settings, captioner } = run;
  const data = await TrainingData.open(run.dataFile);
  if (captioner && captioner.header.encoder !== data.encoder) {
    throw new EkphrasisError(ErrorCode.EncoderMismatch, `The captioner was trained on what ${captioner.header.encoder} sees, the photos are seen by ${data.encoder}.`);
  }
  const { vocabulary, examples: all, dev } = examplesOf(data, (tokens) => Vocabulary.build(tokens, settings.minimumWordCount));
  const examples = shortened(all, settings.maximumWords);
  const images = Math.min(settings.batchImages, examples.length);
  const wordSize = captioner?.header.settings.embeddingSize ?? settings.wordSize;
  const embedding = { vocabularySize: vocabulary.size, wordSize, hiddenSize: settings.hiddenSize };
  const { epochs, captionsPerImage: captions, seed, dropout, framing } = settings;
  const batches = new SearchBatches(examples, { epochs, images, captions, seed, dropout, framing });
  const sizes = { embedding, images, rows: batches.rows };

  const projection = projectionOf(captioner);
  const fixed = new Map([...projection, ...(await measureStatistics(data, projection))]);
  const start = initialSearchParameters(embedding, seed);
  if (captioner) takeWordVectors(start.get('embedding') ?? new Float32Array(), vocabulary, captioner);
  const step = searchStep(sizes, settings, { ...DEFAULT_OPTIMISER, weightDecay: settings.weightDecay });
  const { engine } = await openEngine(run.compute, step, withoutMoments(start));
  const average = ParameterAverage.from(start, settings.averageDecay);

  const history: SearchEpoch[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const started = performance.now();
    const loss = await trainEpoch(epoch, { data, batches, sizes, fixed, engine, average, settings });
    const checkpoint: SearchCheckpoint = {
      header: {
        format: 'ekphrasis-search',
        version: 1,
        name: run.name,
        encoder: data.encoder,
        compatibleEncoders: [],
        vocabulary: [...vocabulary.words],
        settings: { wordSize, hiddenSize: settings.hiddenSize },
        training: {},
      },
      parameters: new Map([...average.parameters, ...fixed]),
    };
    const scores = await validateSearch(checkpoint, data, dev);
    const best = history.every((other) => quality(other) < quality(scores));
    const told = { epoch, loss, seconds: (performance.now() - started) / 1000, best, ...scores };
    history.push(told);
    const header = { ...checkpoint.header, training: { settings: { ...settings }, epochs: history.map(figuresOf) } };
    await writeFileAtomically(join(run.outputDirectory, checkpointName(epoch)), writeSearchCheckpoint({ ...checkpoint, header }, 'fp16'));
    tell(told);
  }
  await engine.close();
  await data.close();
  return join(run.outputDirectory, checkpointName(history.findLast(({ best }) => best)?.epoch ?? 0));
}

interface EpochContext {
  readonly data: TrainingData;
  readonly batches: SearchBatches;
  readonly sizes: Parameters<SearchBatches['assemble']>[3];
  readonly fixed: ReadonlyMap<string, Float32Array>;
  readonly engine: TrainingEngine;
  readonly average: ParameterAverage;
  readonly settings: SearchSettings;
}

/** @returns the mean loss of its steps */
async function trainEpoch(epoch: number, { data, batches, sizes, fixed, engine, average, settings }: EpochContext): Promise<number> {
  let sum = 0;
  let step = (epoch - 1) * batches.perEpoch;
  for (const drawn of batches.order(epoch)) {
    step++;
    const rate = learningRateAt(step, settings.epochs * batches.perEpoch, settings.learningRate, settings.warmUpSteps);
    const feeds = batches.assemble(drawn, await data.readRegions(drawn), step, sizes);
    const { loss, norm } = await engine.step([...feeds, ...fixed], rate, step);
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      throw new EkphrasisError(ErrorCode.TrainingFailed, `The loss of step ${step} is ${loss}: the learning rate ${settings.learningRate} is too high.`);
    }
    average.add(engine.parameters(), step);
    sum += loss;
  }
  return sum / batches.perEpoch;
}

/** What the best checkpoint is chosen by: the sum of both directions' recalls, as is usual in the field (`rsum`). */
function quality({ textToImage, imageToText }: CrossRetrieval): number {
  return [...textToImage.recall, ...imageToText.recall].reduce((sum, recall) => sum + recall, 0);
}

/** Without the time it took, so that the same data, settings and seed give the same file, bit by bit. */
function figuresOf({ epoch, loss, textToImage, imageToText }: SearchEpoch) {
  const plain = ({ recall, medianRank }: RetrievalScores) => ({ recall: [...recall], medianRank });
  return { epoch, loss, textToImage: plain(textToImage), imageToText: plain(imageToText) };
}

/** Captions up to the longest that is learned; those without a word teach nothing. */
function shortened(examples: readonly TrainingExample[], maximumWords: number): TrainingExample[] {
  return examples.flatMap((example) => {
    const captions = example.captions.filter(({ length }) => length > 0).map((caption) => caption.slice(0, maximumWords));
    return captions.length > 0 ? [{ ...example, captions }] : [];
  });
}
