/**
 * Text -> image and image -> text on the dev split, by words, by the closed form, by what was learned, and by both.
 * README.md says how to run it.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Captioner } from '../../src/captioner/captioner.js';
import { readCheckpoint } from '../../src/captioner/checkpoint.js';
import type { CrossRetrieval, RetrievalScores } from '../../src/metrics/retrieval.js';
import { crossRetrieval } from '../../src/metrics/retrieval.js';
import { tokenise } from '../../src/language/tokeniser.js';
import { Vocabulary } from '../../src/language/vocabulary.js';
import { summariesOf } from '../../src/training/joint-embedding/statistics.js';
import { projectionOf } from '../../src/training/joint-embedding/initial-parameters.js';
import { SearchModel } from '../../src/joint-embedding/search-model.js';
import { similarities } from '../../src/joint-embedding/similarities.js';
import { TrainingData } from '../../src/training/data.js';
import { canonicalCorrelations, moments, project } from './cca.js';
import { fullTextScores } from './full-text.js';
import { packDataset } from './pack.js';

/** Words of the closed form: the most frequent ones. */
const CCA_WORDS = 1000;
/** Tried for the closed form, the best of which by R@10 on the dev split is told: it is given that advantage. */
const CCA_RIDGES = [0.03, 0.1, 0.3];
const CCA_POWERS = [1, 2];
const CCA_DIMENSIONS = 256;
/** Of reciprocal rank fusion (Cormack et al. 2009). */
const RRF = 60;
/** What full text's ranks count beside the vectors'. */
const TEXT_WEIGHTS = [1, 0.3, 0.1, 0.03];

const { values: options } = parseArgs({
  options: {
    dataset: { type: 'string' },
    data: { type: 'string', default: 'retrieval-data' },
    search: { type: 'string', default: join('models', 'flickr8k-search.safetensors') },
    captioner: { type: 'string', default: join('models', 'flickr8k.safetensors') },
  },
});

if (!existsSync(options.data)) {
  if (options.dataset === undefined) throw new Error(`there is no ${options.data}: name the data set with --dataset`);
  await packDataset(options.dataset, options.data);
}
const data = await TrainingData.open(options.data);
const placesOf = (split: string) =>
  data.images.flatMap((image, index) => (image.split === split && image.captions.length > 0 ? [index] : []));
const dev = placesOf('dev');
const captions = dev.flatMap((index, image) => (data.images[index]?.captions ?? []).map((text) => ({ text, image })));
const texts = captions.map(({ text }) => text);
const imageOf = Int32Array.from(captions, ({ image }) => image);

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);
console.log(
  `${dev.length} dev images, ${texts.length} captions as queries, none of them indexed; photos seen by ${data.encoder}\n`,
);

const words = await byWords();
const closed = await byClosedForm();
const learned = await byLearned();
console.log(
  '\n| | text → image R@1 / R@5 / R@10 | median rank | image → text R@1 / R@5 / R@10 | median rank |\n|---|---|---|---|---|',
);
row('full text, all words', words.all);
row('full text, any word', words.any);
row(`CCA (${closed.settings})`, closed.scores);
row('learned vectors', learned);
row('fusion of all words and learned vectors, as HYBRID does', fuse(words.all, learned, 1));
for (const weight of TEXT_WEIGHTS)
  row(`fusion of any word (weight ${weight}) and learned vectors`, fuse(words.any, learned, weight));
await data.close();

function row(name: string, scores: Float32Array): void {
  const { textToImage, imageToText }: CrossRetrieval = crossRetrieval(scores, imageOf);
  const figures = ({ recall, medianRank }: RetrievalScores) =>
    `${recall.map((share) => (100 * share).toFixed(1)).join(' / ')} | ${medianRank}`;
  console.log(`| ${name} | ${figures(textToImage)} | ${figures(imageToText)} |`);
}

/**
 * Full text over what the captioner writes of the photos. All words of a person's caption are in hardly any; so also
 * any word.
 */
async function byWords(): Promise<{ all: Float32Array; any: Float32Array }> {
  const captioner = Captioner.load(readCheckpoint(await readFile(options.captioner)));
  const generated: string[] = [];
  for await (const photos of data.inChunks(dev))
    generated.push(
      ...(await captioner.caption(photos.map(({ regions }) => regions))).map(([best]) => best?.text ?? ''),
    );
  await captioner.close();
  const directory = await mkdtemp(join(tmpdir(), 'ekphrasis-retrieval-'));
  try {
    const queries = texts.map((text) => tokenise(text));
    const all = await fullTextScores(
      join(directory, 'all'),
      generated,
      queries.map((tokens) => tokens.join(' ')),
    );
    // A word that means "or" to the search would join what it stands between.
    const any = await fullTextScores(
      join(directory, 'any'),
      generated,
      queries.map((tokens) => tokens.filter((token) => token !== 'or').join(' or ')),
    );
    return { all, any };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function byClosedForm(): Promise<{ scores: Float32Array; settings: string }> {
  const train = placesOf('train');
  const tokens = (index: number) => (data.images[index]?.captions ?? []).map((text) => tokenise(text));
  const vocabulary = Vocabulary.build(train.flatMap(tokens), 1);
  const known = vocabulary.words.slice(0, CCA_WORDS + 4);
  const encoder = new Vocabulary(known);
  /** The mean of the words' one-hot vectors. */
  const bag = (sentence: readonly string[]) => {
    const vector = new Float32Array(CCA_WORDS);
    const ids = encoder.encode(sentence).filter((id) => id > 3);
    for (const id of ids) vector[id - 4] = (vector[id - 4] ?? 0) + 1 / ids.length;
    return vector;
  };
  // VGG16's own mean and maximum of each channel: what a captioner makes of the regions is not in the closed form.
  const pooled = async (places: readonly number[]) => {
    const photos: Float32Array[] = [];
    const views = places.map((index) => ({ index, view: 0 }));
    for await (const summary of summariesOf(data, projectionOf(undefined, data.shape), views))
      photos.push(summary.slice(0, 2 * data.shape.regionSize));
    return photos;
  };
  const photos = await pooled(train);
  const sums = moments(photos.map((x, place) => ({ x, ys: tokens(train[place] ?? 0).map(bag) })));
  const devPhotos = await pooled(dev);
  const queries = texts.map((text) => bag(tokenise(text)));
  let best: { scores: Float32Array; settings: string; recall: number } = {
    scores: new Float32Array(),
    settings: '',
    recall: -1,
  };
  for (const ridge of CCA_RIDGES) {
    const fitted = canonicalCorrelations(sums, { ridge, dimensions: CCA_DIMENSIONS });
    for (const power of CCA_POWERS) {
      const weights = fitted.correlations.map((correlation) => correlation ** power);
      const scores = await similarities(
        project(queries, sums.meanY, fitted.y, weights),
        project(devPhotos, sums.meanX, fitted.x, weights),
      );
      const recall = crossRetrieval(scores, imageOf).textToImage.recall[2];
      const settings = `ridge ${ridge}, power ${power}`;
      console.log(`CCA with ${settings}: R@10 ${(100 * recall).toFixed(1)}`);
      if (recall > best.recall) best = { scores, settings, recall };
    }
  }
  return best;
}

async function byLearned(): Promise<Float32Array> {
  const model = SearchModel.open(await readFile(options.search));
  const images: Float32Array[] = [];
  for await (const photos of data.inChunks(dev))
    images.push(...(await model.embedImages(photos.map(({ regions }) => regions))));
  const vectors = await model.embedTexts(texts);
  await timeQueries(model);
  await model.close();
  return similarities(
    vectors.map((vector) => vector ?? new Float32Array(images[0]?.length ?? 0)),
    images,
  );
}

/** How long a query's vector takes by itself, as a person's does. */
async function timeQueries(model: SearchModel): Promise<void> {
  const times: number[] = [];
  for (const text of texts.slice(0, 500)) {
    const started = performance.now();
    await model.embedTexts([text]);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  console.log(
    `a query's vector: median ${(times[250] ?? NaN).toFixed(1)} ms, of the slowest twentieth ${(times[475] ?? NaN).toFixed(1)} ms`,
  );
}

/** Weighted reciprocal rank fusion. What full text has not found (score 0) adds nothing. */
function fuse(text: Float32Array, vectors: Float32Array, textWeight: number): Float32Array {
  const images = dev.length;
  const fused = new Float32Array(text.length);
  for (let query = 0; query < texts.length; query++) {
    const add = (scores: Float32Array, weight: number, found: (score: number) => boolean) => {
      const own = scores.subarray(query * images, (query + 1) * images);
      const order = [...own.keys()]
        .filter((image) => found(own[image] ?? 0))
        .sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0));
      order.forEach((image, rank) => {
        fused[query * images + image] = (fused[query * images + image] ?? 0) + weight / (RRF + rank + 1);
      });
    };
    add(text, textWeight, (score) => score > 0);
    add(vectors, 1, () => true);
  }
  return fused;
}
