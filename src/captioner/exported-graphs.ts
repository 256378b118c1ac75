/** A captioner as ONNX files that other programs run: for one photo, and one caption of it. */
import { toOnnx } from '../tensors/onnx.js';
import { type Checkpoint, decodersOf } from './checkpoint.js';
import { type BuiltGraph, imageGraph, stepGraph } from './decoding-graphs.js';

/**
 * `photo.onnx` is computed once of a photo: what the decoder makes of its regions and the state before the first word.
 * `step.onnx` is computed for every word. See `createImageGraph` and `createStepGraph` for inputs and outputs.
 */
export function captionerGraphs(checkpoint: Checkpoint): Map<string, Uint8Array> {
  const decoders = decodersOf(checkpoint.header);
  const rows = { images: 1, captions: 1 };
  const write = ({ graph, outputs, fixed }: BuiltGraph) =>
    toOnnx(graph, new Map(Object.entries(outputs)), new Map([...checkpoint.parameters, ...fixed]));
  return new Map([
    ['photo.onnx', write(imageGraph(decoders, rows))],
    ['step.onnx', write(stepGraph(decoders, rows))],
  ]);
}
