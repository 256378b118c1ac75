/**
 * What a decoder writes from either encoder's features, on the dev split of a data set. With --write, the checkpoint
 * names the other encoder as compatible when no BLEU falls by more than half a point.
 *
 *     npx tsc -p bench/vgg16 && node dist/bench/bench/vgg16/decode.js models/flickr8k.safetensors FLICKR8K_FOLDER [--write]
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Captioner } from '../../src/captioner/captioner.js';
import { readCheckpoint, writeCheckpoint } from '../../src/captioner/checkpoint.js';
import type { DatasetItem } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { bleu } from '../../src/metrics/bleu.js';
import { ciderD } from '../../src/metrics/cider.js';
import { tokenise } from '../../src/language/tokeniser.js';
import { writeFileAtomically } from '../../src/files/atomic-file.js';
import { createVgg16Encoder } from '../../src/vision/vgg16/encoder.js';
import { benchWeights } from './weights.js';

/** Most that a BLEU may fall, of 1. */
const TOLERANCE = 0.005;
const GROUP = 16;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});
const [checkpointPath, folder] = positionals;
if (checkpointPath === undefined || folder === undefined)
  throw new Error('usage: decode.js CHECKPOINT FOLDER [--write]');

const checkpoint = readCheckpoint(await readFile(checkpointPath));
const captioner = Captioner.load(checkpoint);
const photos: DatasetItem[] = [];
for await (const item of (await openDataset(folder)).items) {
  if (item.split === 'dev' && item.captions.length > 0) photos.push(item);
}
const weights = await benchWeights();
const reports = [await decode('int8'), await decode('fp32')];
await captioner.close();

const own = reports.find(({ encoder }) => encoder === checkpoint.header.encoder);
const other = reports.find(({ encoder }) => encoder !== checkpoint.header.encoder);
if (!own || !other)
  throw new Error(`the checkpoint was trained on what ${checkpoint.header.encoder} sees: neither of these`);
const fits = other.scores.every((score, order) => score > (own.scores[order] ?? 1) - TOLERANCE);
console.log(
  `${own.captions.filter((caption, index) => caption === other.captions[index]).length} of ${photos.length} captions are the same`,
);
console.log(
  `${other.encoder} ${fits ? 'fits' : 'does NOT fit'}: no BLEU may fall by more than ${100 * TOLERANCE} points`,
);
if (values.write && fits) {
  const header = { ...checkpoint.header, compatibleEncoders: [other.encoder] };
  await writeFileAtomically(checkpointPath, writeCheckpoint({ ...checkpoint, header }, 'fp16'));
  console.log(`${checkpointPath} says so now`);
}

async function decode(precision: 'int8' | 'fp32') {
  const encoder = await createVgg16Encoder(weights, { precision });
  const captions: string[] = [];
  for (let start = 0; start < photos.length; start += GROUP) {
    const group = await Promise.all(photos.slice(start, start + GROUP).map((photo) => photo.read()));
    const written = await captioner.caption((await encoder.encode(group)).map(({ regions }) => regions));
    captions.push(...written.map(([best]) => best?.text ?? ''));
  }
  await encoder.close();
  const candidates = captions.map((text) => tokenise(text));
  const references = photos.map((photo) => photo.captions.map((text) => tokenise(text)));
  const { scores } = bleu(candidates, references);
  const figures = scores.map((score) => (100 * score).toFixed(2)).join(' / ');
  console.log(
    `${encoder.id}: ${photos.length} photos, BLEU-1..4 ${figures}, CIDEr-D ${ciderD(candidates, references).score.toFixed(4)}`,
  );
  return { encoder: encoder.id, scores, captions };
}
