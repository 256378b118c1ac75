/** AdamW as a graph: gradients in, new parameters and moments out. */
import type { Graph, Tensor } from '../tensors/graph.js';
import { add, divide, multiply, reshape, sqrt, subtract, sum } from '../tensors/operations.js';

export interface OptimiserSettings {
  /** Decay rates of the moving averages of the gradient and of its square. */
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled weight decay of the matrices; vectors (biases, gains) are not decayed. */
  readonly weightDecay: number;
  /** The gradient of all parameters together is scaled down to this Euclidean norm when it is longer. */
  readonly clipNorm: number;
}

export const DEFAULT_OPTIMISER: OptimiserSettings = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 1e-4,
  clipNorm: 5,
};

export interface Update {
  readonly parameter: Tensor;
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
}

/** Learning rate and Adam's bias corrections 1 - beta^step, which change every step. */
export interface StepInputs {
  readonly learningRate: Tensor;
  readonly correction1: Tensor;
  readonly correction2: Tensor;
}

export function declareStep(graph: Graph): StepInputs {
  return {
    learningRate: graph.input('step.learningRate', []),
    correction1: graph.input('step.correction1', []),
    correction2: graph.input('step.correction2', []),
  };
}

/** Euclidean norm of all gradients together (Pascanu et al. 2013, section 3.2); a scalar. */
export function globalNorm(gradients: readonly Tensor[]): Tensor {
  const squares = gradients.map((gradient) =>
    reshape(
      sum(
        multiply(gradient, gradient),
        gradient.shape.map((_, axis) => axis),
      ),
      [],
    ),
  );
  return sqrt(squares.reduce((total, square) => add(total, square)));
}

/**
 * The factor min(1, limit / norm) that clips a gradient of Euclidean norm `norm`, written without a comparison:
 * limit / max(norm, limit), where max(a, b) = (a + b + |a - b|) / 2.
 */
export function clipFactor(norm: Tensor, limit: number): Tensor {
  const excess = subtract(norm, limit);
  const distance = sqrt(multiply(excess, excess));
  return divide(2 * limit, add(add(norm, limit), distance));
}

/**
 * One AdamW step (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2) of one parameter.
 *
 * @param scale what the gradient is multiplied by first, a scalar: the factor that clips it
 */
export function adamW(
  { parameter, firstMoment, secondMoment }: Update,
  gradient: Tensor,
  scale: Tensor,
  step: StepInputs,
  settings: OptimiserSettings,
): Update {
  const { beta1, beta2, epsilon, weightDecay } = settings;
  // Scalars are multiplied with each other first: every operation on a whole parameter is a pass over its memory.
  const first = add(multiply(firstMoment, beta1), multiply(gradient, multiply(scale, 1 - beta1)));
  const second = add(
    multiply(secondMoment, beta2),
    multiply(multiply(gradient, gradient), multiply(multiply(scale, scale), 1 - beta2)),
  );
  const rootCorrection = sqrt(step.correction2);
  const stepSize = divide(multiply(step.learningRate, rootCorrection), step.correction1);
  const change = multiply(divide(first, add(sqrt(second), multiply(rootCorrection, epsilon))), stepSize);
  const decayed =
    parameter.shape.length > 1 ? multiply(parameter, subtract(1, multiply(step.learningRate, weightDecay))) : parameter;
  return { parameter: subtract(decayed, change), firstMoment: first, secondMoment: second };
}
