/** A search model as ONNX files that other programs run: for one photo, and one sentence. */
import { toOnnx } from '../tensors/onnx.js';
import { type SearchCheckpoint, settingsOf } from './checkpoint.js';
import { photoGraph, textGraph, type VectorGraph } from './search-graphs.js';

/** Words of a sentence that `text.onnx` reads; the longest caption has 20. */
export const EXPORTED_LENGTH = 24;

/**
 * `photo.onnx` gives the vector of a photo, `text.onnx` that of a sentence of at most `EXPORTED_LENGTH` words; a shorter one has the
 * share 0 behind its end.
 */
export function searchGraphs({ header, parameters }: SearchCheckpoint): Map<string, Uint8Array> {
  const settings = settingsOf(header);
  const write = ({ graph, vectors, fixed }: VectorGraph) =>
    toOnnx(graph, new Map([['vectors', vectors]]), new Map([...parameters, ...fixed]));
  return new Map([
    ['photo.onnx', write(photoGraph(settings, 1))],
    ['text.onnx', write(textGraph(settings, new Array<number>(EXPORTED_LENGTH).fill(1)))],
  ]);
}
