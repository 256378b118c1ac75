/**
 * What each of VGG16's convolutions reaches on photos of Flickr8k's training split: the ranges of the integer graph.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { InferenceSession, Tensor } from '../../src/tensors/onnx-runtime.js';

import { INPUT_SIDE, vgg16Graph } from '../../src/vision/vgg16/graph.js';
import { VGG16_INPUT } from '../../src/vision/vgg16/encoder.js';
import { decodePhoto, normalise, normalisedRange } from '../../src/vision/photo.js';
import { benchWeights } from './weights.js';

const PHOTOS = 33;

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: calibrate.js FLICKR8K_FOLDER (Flickr8k's official layout)");
const list = await readFile(join(folder, 'Flickr8k_text/Flickr_8k.trainImages.txt'), 'utf8');
const names = list.split(/\s+/).filter((name) => name !== '');

const weights = await benchWeights();
const session = await InferenceSession.create(vgg16Graph(weights, { exposeConvolutions: true }), {
  logSeverityLevel: 3,
});
const largest = weights.convolutions.map(() => 0);
for (let index = 0; index < PHOTOS; index += 1) {
  const name = names[Math.floor((index * names.length) / PHOTOS)] ?? '';
  const { pixels } = await decodePhoto(await readFile(join(folder, 'Flicker8k_Dataset', name)));
  const input = new Float32Array(3 * INPUT_SIDE * INPUT_SIDE);
  normalise(pixels, VGG16_INPUT, input);
  const maps = await session.run({ pixels: new Tensor('float32', input, [1, 3, INPUT_SIDE, INPUT_SIDE]) });
  weights.convolutions.forEach((convolution, layer) => {
    const data = maps[convolution.name]?.data;
    if (!(data instanceof Float32Array)) throw new TypeError(`${convolution.name} is no output`);
    largest[layer] = data.reduce((most, value) => Math.max(most, value), largest[layer] ?? 0);
  });
  console.error(`${index + 1} / ${PHOTOS} ${name}`);
}
await session.release();

// Four digits are kept, so that the last bits of another machine's sums do not make another encoder.
const range = normalisedRange(VGG16_INPUT);
const short = (value: number) => Number(value.toPrecision(4));
console.log(`input: { minimum: ${short(range.minimum)}, maximum: ${short(range.maximum)} }`);
console.log(`convolutions: [${largest.map(short).join(', ')}]`);
