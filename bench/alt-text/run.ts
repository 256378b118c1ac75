/**
 * What a caption's probability says of its truth: the figures behind the confidence of alternative texts.
 *
 *     npx tsc -p bench/alt-text && EKPHRASIS_DATA=… node dist/bench/bench/alt-text/run.js
 *
 * The current model captions the dev split. A caption's content words (the stems that Postgres's English dictionary
 * leaves) count as borne out where one of the photo's five people used them too. The share that is borne out is set
 * against the geometric mean of the words' probabilities, the end's included, and fitted by a logistic curve of its
 * logarithm.
 */
import { cpus } from 'node:os';
import { pino } from 'pino';
import { openApplication } from '../../src/application.js';
import { loadConfig } from '../../src/config.js';
import type { ImageId } from '../../src/ids.js';

const GROUP = 16;
const BINS = 10;

/** A caption: the mean logarithm of its probabilities, its content words, and those of them that people used too. */
interface Measured {
  readonly mean: number;
  readonly words: number;
  readonly borneOut: number;
}

const application = await openApplication(loadConfig(process.env), { log: pino({ level: 'warn' }) });
try {
  const model = await application.currentModel();
  const { store } = application;
  const ids: ImageId[] = [];
  for await (const { id } of store.captions.captioned(['dev'])) ids.push(id);
  for (let start = 0; start < ids.length; start += GROUP)
    await application.captionStored(ids.slice(start, start + GROUP), model);
  const { rows } = await store.executeSql(
    `SELECT generated."logProbability" / (jsonb_array_length(generated."words") + 1) AS mean, count(*)::int AS words,
       count(*) FILTER (WHERE EXISTS (
         SELECT 1 FROM "ReferenceCaption" AS reference WHERE reference."imageId" = generated."imageId" AND stem = ANY (tsvector_to_array(reference."search"))
       ))::int AS "borneOut"
     FROM "GeneratedCaption" AS generated JOIN "Image" AS image ON image."id" = generated."imageId",
       unnest(tsvector_to_array(generated."search")) AS stem
     WHERE image."split" = 'dev' AND generated."modelId" = $1::uuid GROUP BY generated."id"`,
    [model.id],
  );
  const captions = (rows as Measured[]).sort((a, b) => a.mean - b.mean);
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${model.name}, ${captions.length} captions of the dev split`,
  );
  const halves = [captions.filter((_, index) => index % 2 === 0), captions.filter((_, index) => index % 2 === 1)];
  const curve = fit(captions);
  console.log(
    `confidence = 1 / (1 + exp(-(${curve.offset.toFixed(3)} + ${curve.slope.toFixed(3)} * mean log-probability)))`,
  );
  for (const half of halves) {
    const other = fit(halves.find((candidate) => candidate !== half) ?? []);
    console.log(`fitted on one half, error of the bins of the other: ${binError(half, other).toFixed(3)}`);
  }
  console.log('| captions | geometric mean | borne out | confidence |\n|---|---|---|---|');
  for (const bin of bins(captions)) {
    const range = `${Math.exp(bin[0]?.mean ?? 0).toFixed(2)} to ${Math.exp(bin.at(-1)?.mean ?? 0).toFixed(2)}`;
    console.log(`| ${[bin.length, range, share(bin).toFixed(3), expected(bin, curve).toFixed(3)].join(' | ')} |`);
  }
} finally {
  await application.close();
}

interface Curve {
  readonly offset: number;
  readonly slope: number;
}

/** Logistic regression by Newton's method, each content word an observation. */
function fit(captions: readonly Measured[]): Curve {
  let offset = 0;
  let slope = 0;
  for (let round = 0; round < 50; round += 1) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
    for (const { mean, words, borneOut } of captions) {
      const p = logistic({ offset, slope }, mean);
      const [error, weight] = [borneOut - words * p, words * p * (1 - p)];
      g0 += error;
      g1 += error * mean;
      h00 += weight;
      h01 += weight * mean;
      h11 += weight * mean * mean;
    }
    const determinant = h00 * h11 - h01 * h01;
    offset += (h11 * g0 - h01 * g1) / determinant;
    slope += (h00 * g1 - h01 * g0) / determinant;
  }
  return { offset, slope };
}

function logistic({ offset, slope }: Curve, mean: number): number {
  return 1 / (1 + Math.exp(-(offset + slope * mean)));
}

function bins(captions: readonly Measured[]): Measured[][] {
  const size = Math.ceil(captions.length / BINS);
  return Array.from({ length: BINS }, (_, index) => captions.slice(index * size, (index + 1) * size)).filter(
    ({ length }) => length > 0,
  );
}

function share(captions: readonly Measured[]): number {
  return (
    captions.reduce((sum, { borneOut }) => sum + borneOut, 0) / captions.reduce((sum, { words }) => sum + words, 0)
  );
}

function expected(captions: readonly Measured[], curve: Curve): number {
  const words = captions.reduce((sum, caption) => sum + caption.words, 0);
  return captions.reduce((sum, caption) => sum + caption.words * logistic(curve, caption.mean), 0) / words;
}

/** The mean difference between what the curve says of a bin and what is so. */
function binError(captions: readonly Measured[], curve: Curve): number {
  const all = bins(captions);
  return all.reduce((sum, bin) => sum + Math.abs(share(bin) - expected(bin, curve)), 0) / all.length;
}
