/** The step graph run by TensorFlow.js. Parameters and moments stay on its device from step to step. */
import type { Tensor } from '../../tensors/graph.js';
import type { TensorFlowModule } from '../../tensors/tensorflow.js';
import { TensorFlowProgram, toTensorFlow } from '../../tensors/tensorflow.js';
import type { Slot, StepGraph } from '../step-graph.js';
import { inputName, outputName, slots } from '../step-graph.js';
import type { Feeds, ParameterValues, StepResult, TrainingEngine, TrainingState } from './engine.js';
import { stepFeeds } from './engine.js';

export interface TensorFlowEngineOptions {
  readonly tf: TensorFlowModule;
  /** What `tf` computes on, such as `cuda`. */
  readonly device: string;
}

type Value = ReturnType<typeof toTensorFlow>;

export class TensorFlowEngine implements TrainingEngine {
  readonly name = 'tensorflow';
  readonly device: string;
  private readonly program: TensorFlowProgram;
  private readonly inputs: ReadonlyMap<string, Tensor>;
  /** The training state on the device, by the names of the graph's inputs. */
  private current: ReadonlyMap<string, Value>;

  /** @param state is copied */
  constructor(
    private readonly stepGraph: StepGraph,
    state: TrainingState,
    private readonly options: TensorFlowEngineOptions,
  ) {
    const { graph, outputs } = stepGraph;
    this.device = options.device;
    this.program = new TensorFlowProgram(options.tf, graph, outputs);
    const inputs = graph.tensors.filter(({ operation }) => operation === 'input');
    this.inputs = new Map(inputs.map((input) => [String(input.attributes.name), input]));
    this.current = new Map(
      [...state].flatMap(([name, values]) =>
        slots.map((slot) => this.upload(inputName(name, slot), values[slot].slice())),
      ),
    );
  }

  async step(batch: Feeds, learningRate: number, step: number): Promise<StepResult> {
    const feeds = [...stepFeeds(batch, learningRate, step, this.stepGraph.optimiser)].map(([name, data]) =>
      this.upload(name, data),
    );
    const results = this.program.run(new Map([...this.current, ...feeds]));
    for (const value of [...this.current.values(), ...feeds.map(([, value]) => value)]) value.dispose();
    this.current = new Map(this.stateNames().map(({ input, output }) => [input, valueOf(results, output)]));
    const read = async (name: string) => {
      const value = valueOf(results, name);
      const [number] = await value.data();
      value.dispose();
      return number ?? NaN;
    };
    return { loss: await read('loss'), norm: await read('norm') };
  }

  state(): TrainingState {
    return new Map(
      this.stepGraph.names.map((name) => {
        const download = (slot: Slot) => this.download(name, slot);
        return [
          name,
          {
            parameter: download('parameter'),
            firstMoment: download('firstMoment'),
            secondMoment: download('secondMoment'),
          },
        ];
      }),
    );
  }

  parameters(): ParameterValues {
    return new Map(this.stepGraph.names.map((name) => [name, this.download(name, 'parameter')]));
  }

  close(): Promise<void> {
    for (const value of this.current.values()) value.dispose();
    return Promise.resolve();
  }

  private stateNames(): { input: string; output: string }[] {
    return this.stepGraph.names.flatMap((name) =>
      slots.map((slot) => ({ input: inputName(name, slot), output: outputName(name, slot) })),
    );
  }

  private download(name: string, slot: Slot): Float32Array {
    return Float32Array.from(valueOf(this.current, inputName(name, slot)).dataSync());
  }

  private upload(name: string, data: Parameters<typeof toTensorFlow>[1]): [string, Value] {
    const input = this.inputs.get(name);
    if (!input) throw new RangeError(`the step has no input ${name}`);
    return [name, toTensorFlow(this.options.tf, data, input.shape)];
  }
}

function valueOf(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (!value) throw new RangeError(`the training state lacks ${name}`);
  return value;
}
