/** One training step as one graph: forward pass, backward pass and AdamW. */
import type { DecoderSettings, ParameterName } from '../captioner/decoder.js';
import { declareParameters, parameterNames } from '../captioner/decoder.js';
import { gradients } from '../tensors/gradients.js';
import type { Tensor } from '../tensors/graph.js';
import { Graph } from '../tensors/graph.js';
import { sum } from '../tensors/operations.js';
import type { LengthProfile } from './length-profile.js';
import type { LossSettings } from './loss-graph.js';
import { captionLoss, declareBatch } from './loss-graph.js';
import type { OptimiserSettings } from './optimiser.js';
import { adamW, clipFactor, declareStep, globalNorm } from './optimiser.js';

export interface StepGraph {
  readonly graph: Graph;
  /** `loss`, `norm`, and for each parameter its new value and moments under `outputName`. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** The three values a parameter has in training, as the graph's inputs and outputs call them. */
export const slots = ['parameter', 'firstMoment', 'secondMoment'] as const;
export type Slot = (typeof slots)[number];

export function inputName(name: ParameterName, slot: Slot): string {
  return slot === 'parameter' ? name : `${slot}.${name}`;
}

export function outputName(name: ParameterName, slot: Slot): string {
  return `new.${inputName(name, slot)}`;
}

export function buildStep(
  decoder: DecoderSettings,
  images: number,
  profile: LengthProfile,
  loss: LossSettings,
  optimiser: OptimiserSettings,
): StepGraph {
  const graph = new Graph();
  const parameters = declareParameters(graph, decoder);
  const names = parameterNames(decoder);
  const batch = declareBatch(graph, decoder, images, profile, loss.dropout);
  const value = captionLoss(parameters, batch, profile, loss);
  const slopes = gradients(value, names.map((name) => parameters[name]));
  const norm = globalNorm(slopes);
  const scale = clipFactor(norm, optimiser.clipNorm);
  const step = declareStep(graph);

  const outputs: Record<string, Tensor> = { loss: value, norm };
  names.forEach((name, index) => {
    const parameter = parameters[name];
    const slope = slopes[index] ?? sum(parameter, []);
    const moment = (slot: Slot) => graph.input(inputName(name, slot), parameter.shape);
    const before = { parameter, firstMoment: moment('firstMoment'), secondMoment: moment('secondMoment') };
    const after = adamW(before, slope, scale, step, optimiser);
    for (const slot of slots) outputs[outputName(name, slot)] = after[slot];
  });
  return { graph, outputs };
}
