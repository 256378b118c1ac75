/**
 * What a search costs as a client sees it, over HTTP, beside the bare SQL of its nearest-neighbour query or ranking of
 * words, and how many of the true neighbours it finds. README.md says how to run it.
 *
 *     npx tsc -p bench/search
 *     EKPHRASIS_DATA=… [DATABASE_URL=…] node dist/bench/bench/search/run.js [--again] [COUNT]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../src/config.js';
import type { ModelId } from '../../src/ids.js';
import { correctSpelling } from '../../src/search/spelling.js';
import { openStore, type Store } from '../../src/store/store.js';
import { quantile, recall } from '../vectors/measures.js';
import { type Nearest, Pattern } from '../vectors/pattern.js';
import { imageId, numberOf } from '../vectors/tables.js';
import { bareNearest, bareWords } from './bare-sql.js';
import { type Collection, openCollection } from './collection.js';
import { embedTexts } from './texts.js';
import { exactNeighbours } from './truth.js';
import { startServer } from './server.js';

const FIRST = 10;
const QUERIES = 100;

const { values: options, positionals } = parseArgs({ options: { again: { type: 'boolean' } }, allowPositionals: true });
const count = Number(positionals[0] ?? 100_000);
const { dataDirectory, databaseUrl } = loadConfig(process.env);
const features = await Pattern.read(dataDirectory);
const embeddings = await Pattern.read(dataDirectory, 'embeddings');
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);

const collection = await openCollection({
  count,
  features,
  embeddings,
  dataDirectory,
  databaseUrl,
  again: options.again === true,
});
console.log(`${count} photos with features, embeddings and a caption each, in ${collection.description}`);

// Texts are captions of photos that are not among the stored, in words that stored captions have; the photos asked with
// are stored ones.
const texts = await withStore(collection, ({ captionSearch }) =>
  Promise.all(
    embeddings.queryCaptions
      .slice(0, QUERIES)
      .map(async (captions) => (await correctSpelling(captions[0] ?? '', captionSearch)).text),
  ),
);
const vectors = await embedTexts(dataDirectory, embeddings.encoder as string as ModelId, texts);
const asked = Array.from({ length: QUERIES }, (_, place) => Math.floor((place * count) / QUERIES));
const photos = asked.map((number) => features.draw(number));

const likeTruth = exactNeighbours(features, count, photos, FIRST + 1);
const textTruth = exactNeighbours(embeddings, count, vectors, FIRST);
// The photo that is asked with is no result.
const others = likeTruth.map((found, query) => ({
  places: found.places.filter((place) => place !== asked[query]).slice(0, FIRST),
}));

const bare = await withStore(collection, async ({ executeSql }) => ({
  likeness: await bareNearest(executeSql, 'ImageFeature', features.encoder, photos, FIRST + 2),
  semantic: await bareNearest(executeSql, 'ImageEmbedding', embeddings.encoder, vectors, FIRST + 1),
  words: await bareWords(executeSql, texts, FIRST + 1),
}));

const server = await startServer(collection);
try {
  console.log('| | p50 | p95 | bare SQL p50 | p95 | times | recall@10 |\n|---|---|---|---|---|---|---|');
  const similar = await server.ask(
    `query ($id: ID!) { found: similarImages(imageId: $id, first: ${FIRST}) { edges { node { similarity image { id } } } } }`,
    asked.map((number) => ({ id: imageId(number) })),
  );
  report('similarImages', similar.times, bare.likeness, recallOf(similar.found, others));
  for (const [mode, alone, truth] of [
    ['SEMANTIC', bare.semantic, textTruth],
    ['TEXT', bare.words, undefined],
    ['HYBRID', sum(bare.words, bare.semantic), undefined],
  ] as const) {
    const { times, found } = await server.ask(
      `query ($text: String!) { found: searchImages(text: $text, mode: ${mode}, first: ${FIRST}) { edges { node { score image { id } } } } }`,
      texts.map((text) => ({ text })),
    );
    report(`searchImages, ${mode}`, times, alone, truth && recallOf(found, truth));
  }
} finally {
  await server.close();
}

function recallOf(found: readonly (readonly string[])[], truth: readonly Pick<Nearest, 'places'>[]): number {
  return recall(
    found.map((ids) => ids.map(numberOf)),
    truth,
  );
}

function report(name: string, times: readonly number[], alone: readonly number[], found: number | undefined): void {
  const ms = (values: readonly number[], share: number) => `${quantile(values, share).toFixed(1)} ms`;
  const ratio = (quantile(times, 0.5) / quantile(alone, 0.5)).toFixed(2);
  console.log(
    `| ${[name, ms(times, 0.5), ms(times, 0.95), ms(alone, 0.5), ms(alone, 0.95), ratio, found?.toFixed(3) ?? ''].join(' | ')} |`,
  );
}

function sum(one: readonly number[], other: readonly number[]): number[] {
  return one.map((time, index) => time + (other[index] ?? 0));
}

async function withStore<Result>({ config }: Collection, work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openStore(config);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
