/**
 * Decoders one word at a time, as graphs: what is computed once for a photo, and what for every word. An ensemble's
 * members stand side by side in one graph; each keeps its own state, and the mean of their probabilities decides
 * (Hansen & Salamon 1990).
 */
import type { Shape, Tensor } from '../tensors/graph.js';
import { Graph } from '../tensors/graph.js';
import type { State } from '../tensors/layers.js';
import { add, log, logSoftmax, multiply, reshape, softmax } from '../tensors/operations.js';
import type { SessionOptions } from '../tensors/session.js';
import { Session } from '../tensors/session.js';
import type { Decoder, Parameters, RowLayout, Scene } from './decoder.js';
import { declareParameters, embed, memberPrefixes, vocabularyLogits } from './decoder.js';

/** What is written at once. */
export interface DecodingRows {
  readonly images: number;
  /** Captions of an image. */
  readonly captions: number;
}

/** Stands before the names of what a step changes, in its outputs. */
export const NEXT = 'next.';

/** Keeps the logarithm of a probability that is 0 in single precision a number. */
const SMALLEST = 1e-30;

/** Every row is a caption, and a photo's captions are neighbours. */
const SIDE_BY_SIDE: RowLayout = { byPhoto: (rows) => rows, byCaption: (rows) => rows };

/**
 * Everything about photos that is computed once. Input `regions` [images, regions, regionSize]; outputs, for each
 * member: what it sees, and its captions' first state [images * captions, ...].
 *
 * @param options Where parameters are not `fixed`, they are inputs as well.
 */
export function createImageGraph(
  members: readonly Decoder[],
  rows: DecodingRows,
  options: SessionOptions,
): Promise<Session> {
  const { graph, outputs, fixed } = imageGraph(members, rows);
  return Session.create(graph, outputs, { ...options, fixed: new Map([...(options.fixed ?? []), ...fixed]) });
}

/** A graph before it is compiled. */
export interface BuiltGraph {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Values of inputs beside the parameters. */
  readonly fixed: ReadonlyMap<string, Float32Array>;
}

/** See `createImageGraph`. */
export function imageGraph(members: readonly Decoder[], { images, captions }: DecodingRows): BuiltGraph {
  const graph = new Graph();
  const copies = multiply(graph.input('captions', [1, captions, 1]), 0);
  const repeat = (x: Tensor) => {
    const [, width = 0] = x.shape;
    return reshape(add(reshape(x, [images, 1, width]), copies), [images * captions, width]);
  };
  const outputs: Record<string, Tensor> = {};
  for (const { decoder, prefix } of withPrefixes(members)) {
    const { scene, state } = seeImages(decoder, declareParameters(decoder, graph, prefix), graph, images);
    for (const [name, tensor] of Object.entries(scene)) outputs[sceneName(prefix, name)] = tensor;
    for (const [name, tensor] of Object.entries(state)) outputs[stateName(prefix, name)] = repeat(tensor);
  }
  return { graph, outputs, fixed: new Map([['captions', new Float32Array(captions)]]) };
}

/**
 * One word further for every caption. Inputs: `words` int32 [images * captions] and, for each member, what the image
 * graph or the step before gave. Outputs: `logProbabilities` [images * captions, vocabularySize]; each member's next
 * state; where members have attention, `attention` [images, captions, regions], the mean of theirs.
 */
export function createStepGraph(
  members: readonly Decoder[],
  rows: DecodingRows,
  options: SessionOptions,
): Promise<Session> {
  const { graph, outputs } = stepGraph(members, rows);
  return Session.create(graph, outputs, options);
}

/** See `createStepGraph`. */
export function stepGraph(members: readonly Decoder[], { images, captions }: DecodingRows): BuiltGraph {
  const graph = new Graph();
  const rows = images * captions;
  const words = graph.input('words', [rows], 'int32');
  const outputs: Record<string, Tensor> = {};
  const written = withPrefixes(members).map(({ decoder, prefix }) => {
    const parameters = declareParameters(decoder, graph, prefix);
    const given = imageGraphShapes(decoder, images);
    const scene = declareAll(graph, given.scene, (name) => sceneName(prefix, name));
    const state = declareAll(
      graph,
      given.state.map(([name, [, ...rest]]) => [name, [rows, ...rest]]),
      (name) => stateName(prefix, name),
    ) as State;
    const embedded = embed(parameters, words);
    const next = decoder.step(parameters, {
      scene,
      word: decoder.wordInputs(parameters, embedded),
      state,
      layout: SIDE_BY_SIDE,
    });
    for (const [name, tensor] of Object.entries(next.state)) outputs[NEXT + stateName(prefix, name)] = tensor;
    return {
      logits: vocabularyLogits(parameters, decoder.readOut(parameters, next.features, embedded)),
      attention: next.attention,
    };
  });
  const attention = written.flatMap((member) => member.attention ?? []);
  if (attention.length > 0) outputs.attention = meanOf(attention);
  outputs.logProbabilities = meanProbabilities(written.map(({ logits }) => logits));
  return { graph, outputs, fixed: new Map() };
}

function withPrefixes(members: readonly Decoder[]): { readonly decoder: Decoder; readonly prefix: string }[] {
  const prefixes = memberPrefixes(members.length);
  return members.map((decoder, place) => ({ decoder, prefix: prefixes[place] ?? '' }));
}

const sceneName = (prefix: string, name: string) => `${prefix}scene.${name}`;
const stateName = (prefix: string, name: string) => `${prefix}state.${name}`;

function seeImages(
  decoder: Decoder,
  parameters: Parameters,
  graph: Graph,
  images: number,
): { readonly scene: Scene; readonly state: State } {
  const regions = graph.input('regions', [images, decoder.settings.regions, decoder.settings.regionSize]);
  const scene = decoder.see(parameters, regions, (x) => x);
  return { scene, state: decoder.start(parameters, scene) };
}

type NamedShape = readonly [name: string, shape: Shape];

/** What the image graph gives, by name. */
function imageGraphShapes(
  decoder: Decoder,
  images: number,
): { readonly scene: readonly NamedShape[]; readonly state: readonly NamedShape[] } {
  const graph = new Graph();
  const { scene, state } = seeImages(decoder, declareParameters(decoder, graph), graph, images);
  const shapes = (tensors: Scene) => Object.entries(tensors).map(([name, { shape }]): NamedShape => [name, shape]);
  return { scene: shapes(scene), state: shapes(state) };
}

function declareAll(graph: Graph, shapes: readonly NamedShape[], inputName: (name: string) => string): Scene {
  return Object.fromEntries(shapes.map(([name, shape]) => [name, graph.input(inputName(name), shape)]));
}

function meanProbabilities(logits: readonly Tensor[]): Tensor {
  const [only] = logits;
  return only && logits.length === 1 ? logSoftmax(only) : log(add(meanOf(logits.map(softmax)), SMALLEST));
}

function meanOf(tensors: readonly Tensor[]): Tensor {
  const total = tensors.reduce((sum, tensor) => add(sum, tensor));
  return tensors.length === 1 ? total : multiply(total, 1 / tensors.length);
}
