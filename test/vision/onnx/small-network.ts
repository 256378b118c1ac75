/**
 * A network small enough for tests, written by the program itself: the mean colours of a grid of squares, through a
 * random linear layer.
 */
import { writeFile } from 'node:fs/promises';
import { Graph, type Tensor } from '../../../src/tensors/graph.js';
import { toOnnx } from '../../../src/tensors/onnx.js';
import { add, matmul, max, mean, relu, reshape, transpose } from '../../../src/tensors/operations.js';
import { RandomStream } from '../../../src/training/random.js';

export const SIDE = 24;
/** Places of a side of the grid. */
export const GRID = 6;
export const CHANNELS = 16;
/** Photos at a time: the tensor language has static shapes. */
export const BATCH = 4;

const random = new RandomStream(1, 'small network');
export const WEIGHT = Float32Array.from({ length: 3 * CHANNELS }, () => 2 * random.uniform() - 1);
export const BIAS = Float32Array.from({ length: CHANNELS }, () => random.uniform());

/** Outputs `map` [4, 16, 6, 6], `places` [4, 36, 16] and `whole` [4, 16], the largest number of each channel. */
export function smallNetwork(): Uint8Array {
  const graph = new Graph();
  const pixels = graph.input('pixels', [BATCH, 3, SIDE, SIDE]);
  const squares = mean(reshape(pixels, [BATCH, 3, GRID, SIDE / GRID, GRID, SIDE / GRID]), [3, 5], false);
  const colours = reshape(transpose(squares, [0, 2, 3, 1]), [BATCH * GRID * GRID, 3]);
  const seen = relu(add(matmul(colours, graph.input('weight', [3, CHANNELS])), graph.input('bias', [CHANNELS])));
  const places = reshape(seen, [BATCH, GRID * GRID, CHANNELS]);
  const outputs = new Map<string, Tensor>([
    ['map', transpose(reshape(seen, [BATCH, GRID, GRID, CHANNELS]), [0, 3, 1, 2])],
    ['places', places],
    ['whole', max(places, [1], false)],
  ]);
  return toOnnx(
    graph,
    outputs,
    new Map([
      ['weight', WEIGHT],
      ['bias', BIAS],
    ]),
  );
}

/** The JSON beside it. */
export const SETTINGS = { side: SIDE, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5], regions: 'map' };

/** Writes the network and its JSON. @param path ends in .onnx */
export async function writeSmallNetwork(path: string, settings: unknown = SETTINGS): Promise<void> {
  await writeFile(path, smallNetwork());
  await writeFile(path.replace(/onnx$/, 'json'), JSON.stringify(settings));
}
