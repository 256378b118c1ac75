/** One training step as one graph: forward pass, backward pass and AdamW, whatever is learned. */
import { gradients } from '../tensors/gradients.js';
import type { Graph, Tensor } from '../tensors/graph.js';
import { sum } from '../tensors/operations.js';
import type { OptimiserSettings } from './optimiser.js';
import { adamW, clipFactor, declareStep, globalNorm } from './optimiser.js';

export interface StepGraph {
  readonly graph: Graph;
  /** `loss`, `norm`, and for each parameter its new value and moments under `outputName`. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** The parameters that are learned. */
  readonly names: readonly string[];
  readonly optimiser: OptimiserSettings;
}

/** The three values a parameter has in training, as the graph's inputs and outputs call them. */
export const slots = ['parameter', 'firstMoment', 'secondMoment'] as const;
export type Slot = (typeof slots)[number];

export function inputName(name: string, slot: Slot): string {
  return slot === 'parameter' ? name : `${slot}.${name}`;
}

export function outputName(name: string, slot: Slot): string {
  return `new.${inputName(name, slot)}`;
}

/**
 * A step of gradient descent.
 *
 * @param parameters inputs of the loss's graph by their own names
 * @param loss a scalar that each of them takes part in
 */
export function buildStep(
  parameters: Readonly<Record<string, Tensor>>,
  loss: Tensor,
  optimiser: OptimiserSettings,
): StepGraph {
  const { graph } = loss;
  const named = Object.entries(parameters);
  const slopes = gradients(
    loss,
    named.map(([, parameter]) => parameter),
  );
  const norm = globalNorm(slopes);
  const scale = clipFactor(norm, optimiser.clipNorm);
  const step = declareStep(graph);

  const outputs: Record<string, Tensor> = { loss, norm };
  named.forEach(([name, parameter], index) => {
    const slope = slopes[index] ?? sum(parameter, []);
    const moment = (slot: Slot) => graph.input(inputName(name, slot), parameter.shape);
    const before = { parameter, firstMoment: moment('firstMoment'), secondMoment: moment('secondMoment') };
    const after = adamW(before, slope, scale, step, optimiser);
    for (const slot of slots) outputs[outputName(name, slot)] = after[slot];
  });
  return { graph, outputs, names: Object.keys(parameters), optimiser };
}
