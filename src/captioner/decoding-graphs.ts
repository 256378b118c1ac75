/**
 * The decoder one word at a time, as graphs: what is computed once for a photo, and what for every word. An ensemble's members
 * stand side by side in one graph; each keeps its own state, and the mean of their probabilities decides (Hansen & Salamon 1990).
 */
import { Graph } from '../tensors/graph.js';
import type { Tensor } from '../tensors/graph.js';
import { add, concat, log, logSoftmax, multiply, reshape, softmax } from '../tensors/operations.js';
import type { SessionOptions } from '../tensors/session.js';
import { Session } from '../tensors/session.js';
import type { DecoderSettings } from './decoder.js';
import {
  ask, attend, declareParameters, embed, initialState, lstm, memberPrefixes, observe, project, readOut, vocabularyLogits, wordGates,
} from './decoder.js';

/** What is written at once. */
export interface DecodingRows {
  readonly images: number;
  /** Captions of an image. */
  readonly captions: number;
}

/** Names of what a look leaves for every step, after the member's prefix. */
export const SEEN = ['values', 'keys'] as const;
/** Names of what a step changes, after the member's prefix; a step's outputs have `next.` before them. */
export const STATE = ['hidden', 'cell'] as const;

/** Keeps the logarithm of a probability that is 0 in single precision a number. */
const SMALLEST = 1e-30;

/**
 * Everything about photos that is computed once. Input `regions` [images, regions, regionSize]; outputs, for each member's
 * prefix: `values`, `keys`, and the captions' first `hidden` and `cell` [images * captions, hiddenSize].
 *
 * @param options without `fixed` parameters they are inputs as well
 */
export function createLook(settings: DecoderSettings, members: number, { images, captions }: DecodingRows, options: SessionOptions): Promise<Session> {
  const graph = new Graph();
  const regions = graph.input('regions', [images, settings.regions, settings.regionSize]);
  const copies = multiply(graph.input('captions', [1, captions, 1]), 0);
  const repeat = (x: Tensor) => reshape(add(reshape(x, [images, 1, settings.hiddenSize]), copies), [images * captions, settings.hiddenSize]);
  const outputs: Record<string, Tensor> = {};
  for (const prefix of memberPrefixes(members)) {
    const parameters = declareParameters(graph, settings, prefix);
    const scene = observe(parameters, project(parameters, regions));
    const start = initialState(parameters, scene);
    for (const name of SEEN) outputs[prefix + name] = scene[name];
    for (const name of STATE) outputs[prefix + name] = repeat(start[name]);
  }
  return Session.create(graph, outputs, withFixed(options, ['captions', new Float32Array(captions)]));
}

/**
 * One word further for every caption. Inputs: `words` int32 [images * captions] and, for each member, what a look or the step
 * before left. Outputs: `logProbabilities` [images * captions, vocabularySize], `attention` [images, captions, regions], the
 * members' mean, and each member's next state.
 */
export function createStep(settings: DecoderSettings, members: number, { images, captions }: DecodingRows, options: SessionOptions): Promise<Session> {
  const graph = new Graph();
  const rows = images * captions;
  const { regions, regionSize, attentionSize, hiddenSize } = settings;
  const words = graph.input('words', [rows], 'int32');
  const outputs: Record<string, Tensor> = {};
  const written = memberPrefixes(members).map((prefix) => {
    const parameters = declareParameters(graph, settings, prefix);
    const scene = {
      values: graph.input(`${prefix}values`, [images, regions, regionSize]),
      keys: graph.input(`${prefix}keys`, [images, regions, attentionSize]),
    };
    const state = { hidden: graph.input(`${prefix}hidden`, [rows, hiddenSize]), cell: graph.input(`${prefix}cell`, [rows, hiddenSize]) };
    const embedded = embed(parameters, words);
    const asked = ask(parameters, state.hidden);
    const { weights, seen } = attend(parameters, scene, asked.query);
    const context = multiply(asked.gate, seen);
    const next = lstm(parameters, wordGates(parameters, embedded), context, asked, state.cell);
    for (const name of STATE) outputs[`next.${prefix}${name}`] = next[name];
    return { logits: vocabularyLogits(parameters, readOut(parameters, concat([next.hidden, context, embedded], 1))), weights };
  });
  outputs.attention = meanOf(written.map(({ weights }) => weights));
  outputs.logProbabilities = meanProbabilities(written.map(({ logits }) => logits));
  return Session.create(graph, outputs, options);
}

function meanProbabilities(logits: readonly Tensor[]): Tensor {
  const [only] = logits;
  return only && logits.length === 1 ? logSoftmax(only) : log(add(meanOf(logits.map(softmax)), SMALLEST));
}

function meanOf(tensors: readonly Tensor[]): Tensor {
  const total = tensors.reduce((sum, tensor) => add(sum, tensor));
  return tensors.length === 1 ? total : multiply(total, 1 / tensors.length);
}

function withFixed(options: SessionOptions, more: readonly [string, Float32Array]): SessionOptions {
  return { ...options, fixed: new Map([...(options.fixed ?? []), more]) };
}
