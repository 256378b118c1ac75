/** The default engine: the step graph run by ONNX Runtime. */
import type { Provider } from '../../tensors/session.js';
import { Session } from '../../tensors/session.js';
import type { StepGraph } from '../step-graph.js';
import { inputName, outputName, slots } from '../step-graph.js';
import type { Feeds, ParameterValues, StepResult, TrainingEngine, TrainingState } from './engine.js';
import { stepFeeds } from './engine.js';

export interface OnnxEngineOptions {
  readonly threads?: number;
  /** The CPU by default. */
  readonly device?: Provider;
}

type Buffers = Map<string, Record<(typeof slots)[number], Float32Array>>;

export class OnnxEngine implements TrainingEngine {
  readonly name = 'onnx';
  /** The state is read from one set of buffers and written to the other, which then change places. */
  private spare: Buffers;

  private constructor(
    private readonly stepGraph: StepGraph,
    readonly device: Provider,
    private readonly session: Session,
    private current: Buffers,
  ) {
    this.spare = copyState(current);
  }

  /** @param state is copied */
  static async create(
    step: StepGraph,
    state: TrainingState,
    { threads, device = 'cpu' }: OnnxEngineOptions = {},
  ): Promise<OnnxEngine> {
    const session = await Session.create(step.graph, step.outputs, { threads, provider: device });
    return new OnnxEngine(step, device, session, copyState(state));
  }

  async step(batch: Feeds, learningRate: number, step: number): Promise<StepResult> {
    const feeds = stepFeeds(batch, learningRate, step, this.stepGraph.optimiser);
    const into = new Map<string, Float32Array>();
    for (const name of this.stepGraph.names) {
      for (const slot of slots) {
        feeds.set(inputName(name, slot), bufferOf(this.current, name, slot));
        into.set(outputName(name, slot), bufferOf(this.spare, name, slot));
      }
    }
    const results = await this.session.run(feeds, into);
    [this.current, this.spare] = [this.spare, this.current];
    return { loss: results.get('loss')?.[0] ?? NaN, norm: results.get('norm')?.[0] ?? NaN };
  }

  state(): TrainingState {
    return this.current;
  }

  parameters(): ParameterValues {
    return new Map([...this.current].map(([name, { parameter }]) => [name, parameter]));
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

function copyState(state: TrainingState): Buffers {
  return new Map(
    [...state].map(([name, { parameter, firstMoment, secondMoment }]) => [
      name,
      { parameter: parameter.slice(), firstMoment: firstMoment.slice(), secondMoment: secondMoment.slice() },
    ]),
  );
}

function bufferOf(buffers: Buffers, name: string, slot: (typeof slots)[number]): Float32Array {
  const buffer = buffers.get(name)?.[slot];
  if (!buffer) throw new RangeError(`the training state lacks ${name}`);
  return buffer;
}
