/** The default engine: the step graph run by ONNX Runtime. */
import type { ParameterName } from '../../captioner/decoder.js';
import { parameterNames } from '../../captioner/decoder.js';
import type { Provider } from '../../tensors/session.js';
import { Session } from '../../tensors/session.js';
import type { Batch } from '../batches.js';
import { buildStep, inputName, outputName, slots } from '../step-graph.js';
import type { EngineOptions, ParameterValues, StepResult, TrainingEngine, TrainingState } from './engine.js';
import { stepFeeds } from './engine.js';

export interface OnnxEngineOptions extends EngineOptions {
  readonly threads?: number;
  /** The CPU by default. */
  readonly device?: Provider;
}

type Buffers = Map<ParameterName, Record<(typeof slots)[number], Float32Array>>;

export class OnnxEngine implements TrainingEngine {
  readonly name = 'onnx';
  readonly device: Provider;
  /** The state is read from one set of buffers and written to the other, which then change places. */
  private spare: Buffers;

  private constructor(
    private readonly options: OnnxEngineOptions,
    private readonly session: Session,
    private current: Buffers,
  ) {
    this.device = options.device ?? 'cpu';
    this.spare = copyState(current);
  }

  /** @param state is copied */
  static async create(options: OnnxEngineOptions, state: TrainingState): Promise<OnnxEngine> {
    const { decoder, images, profile, loss, optimiser, threads, device: provider } = options;
    const { graph, outputs } = buildStep(decoder, images, profile, loss, optimiser);
    return new OnnxEngine(options, await Session.create(graph, outputs, { threads, provider }), copyState(state));
  }

  async step(batch: Batch, learningRate: number, step: number): Promise<StepResult> {
    const feeds = stepFeeds(batch, learningRate, step, this.options.optimiser);
    const into = new Map<string, Float32Array>();
    for (const name of parameterNames(this.options.decoder)) {
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

function bufferOf(buffers: Buffers, name: ParameterName, slot: (typeof slots)[number]): Float32Array {
  const buffer = buffers.get(name)?.[slot];
  if (!buffer) throw new RangeError(`the training state lacks ${name}`);
  return buffer;
}
