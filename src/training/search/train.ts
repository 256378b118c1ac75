/** A training of the joint embedding from its data to its checkpoints. */
import { join } from 'node:path';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { CrossRetrieval } from '../../evaluation/retrieval.js';
import { tokenise } from '../../language/tokeniser.js';
import { Vocabulary } from '../../language/vocabulary.js';
import type { SearchCheckpoint } from '../../retrieval/checkpoint.js';
import { writeSearchCheckpoint } from '../../retrieval/checkpoint.js';
import { writeFileAtomically } from '../../store/atomic-file.js';
import type { TrainingExample } from '../batch-order.js';
import { TrainingData } from '../data.js';
import { OnnxEngine } from '../engines/onnx.js';
import { ParameterAverage } from '../parameter-average.js';
import { learningRateAt } from '../schedule.js';
import { SearchBatches } from './batches.js';
import { initialSearchParameters } from './initial-parameters.js';
import { searchStep } from './loss-graph.js';
import type { SearchSettings } from './settings.js';
import { Summaries } from './summaries.js';
import { validateSearch } from './validation.js';
import { DEFAULT_OPTIMISER } from '../optimiser.js';

export interface SearchEpoch {
  readonly epoch: number;
  readonly loss: number;
  readonly seconds: number;
  /** Absent where the epoch was not measured. */
  readonly scores: CrossRetrieval;
}

export async function trainSearch(
  run: { name: string; dataFile: string; outputDirectory: string; settings: SearchSettings },
  tell: (epoch: SearchEpoch) => void,
): Promise<void> {
  const { settings } = run;
  const data = await TrainingData.open(run.dataFile);
  const { vocabulary, examples, dev } = prepare(data, settings);
  const images = Math.min(settings.batchImages, examples.length);
  const embedding = { vocabularySize: vocabulary.size, wordSize: settings.wordSize, hiddenSize: settings.hiddenSize };
  const batches = new SearchBatches(examples, {
    epochs: settings.epochs, images, captions: settings.captionsPerImage, seed: settings.seed, dropout: settings.dropout,
  });
  const sizes = { embedding, images, rows: batches.rows };
  const step = searchStep(sizes, settings, { ...DEFAULT_OPTIMISER, weightDecay: settings.weightDecay });
  const summaries = await Summaries.read(data);
  const start = initialSearchParameters(embedding, settings.seed);
  const engine = await OnnxEngine.create(
    step,
    new Map([...start].map(([name, parameter]) => [name, { parameter, firstMoment: new Float32Array(parameter.length), secondMoment: new Float32Array(parameter.length) }])),
  );
  const average = ParameterAverage.from(start, settings.averageDecay);
  const history: SearchEpoch[] = [];
  let count = 0;
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    const started = performance.now();
    let sum = 0;
    for (const drawn of batches.order(epoch)) {
      count++;
      const feeds = batches.assemble(drawn, (place) => summaries.of(place), count, sizes);
      const rate = learningRateAt(count, settings.epochs * batches.perEpoch, settings.learningRate, settings.warmUpSteps);
      const { loss } = await engine.step([...feeds, ...summaries.statistics], rate, count);
      if (!Number.isFinite(loss)) throw new EkphrasisError(ErrorCode.TrainingFailed, `The loss of step ${count} is ${loss}.`);
      average.add(engine.parameters(), count);
      sum += loss;
    }
    const checkpoint: SearchCheckpoint = {
      header: {
        format: 'ekphrasis-search', version: 1, name: run.name, encoder: data.encoder, compatibleEncoders: [], vocabulary: [...vocabulary.words],
        settings: { wordSize: settings.wordSize, hiddenSize: settings.hiddenSize }, training: {},
      },
      parameters: new Map([...average.parameters, ...summaries.statistics]),
    };
    const scores = await validateSearch(checkpoint, data, dev);
    history.push({ epoch, loss: sum / batches.perEpoch, seconds: (performance.now() - started) / 1000, scores });
    tell(history[history.length - 1] as SearchEpoch);
    const training = { settings: { ...settings }, epochs: history.map(({ epoch: number, loss, seconds, scores: own }) => ({
      epoch: number, loss, seconds, textToImage: { recall: [...own.textToImage.recall], medianRank: own.textToImage.medianRank },
      imageToText: { recall: [...own.imageToText.recall], medianRank: own.imageToText.medianRank },
    })) };
    await writeFileAtomically(join(run.outputDirectory, `epoch-${epoch}.safetensors`), writeSearchCheckpoint({ ...checkpoint, header: { ...checkpoint.header, training } }, 'fp16'));
  }
  await engine.close();
  await data.close();
}

function prepare(data: TrainingData, settings: SearchSettings): { vocabulary: Vocabulary; examples: TrainingExample[]; dev: number[] } {
  const tokens = data.images.map((image) => (image.split === 'train' ? image.captions.map(tokenise).filter(({ length }) => length > 0) : []));
  const vocabulary = Vocabulary.build(tokens.flat(), settings.minimumWordCount);
  const examples = tokens.flatMap((captions, index) =>
    captions.length > 0
      ? [{ index, views: data.images[index]?.views ?? 1, captions: captions.map((caption) => vocabulary.encode(caption.slice(0, settings.maximumWords))) }]
      : [],
  );
  const dev = data.images.flatMap((image, index) => (image.split === 'dev' && image.captions.length > 0 ? [index] : []));
  return { vocabulary, examples, dev };
}
