/** Runs graphs of the tensor language with ONNX Runtime. */
import { env, InferenceSession, Tensor as Value } from './onnx-runtime.js';
import type { DataType, Graph, Tensor } from './graph.js';
import { sizeOf } from './graph.js';
import { toOnnx } from './onnx.js';

// Of the process, before its first session. What ONNX Runtime would print of a provider that cannot be loaded it throws
// as well.
env.logLevel = 'fatal';

/** A tensor's numbers, row by row. */
export type TensorData = Float32Array | Int32Array | Uint8Array;

/** ONNX Runtime's execution providers that a graph can be run on. What one of them lacks is computed on the CPU. */
export type Provider = 'cpu' | 'cuda' | 'webgpu';

export interface SessionOptions {
  /** Values of inputs that never change, by input name. */
  readonly fixed?: ReadonlyMap<string, Float32Array>;
  /** Threads for one operation; ONNX Runtime's choice (the physical cores) by default. */
  readonly threads?: number;
  /** The CPU by default. */
  readonly provider?: Provider;
}

/** A compiled graph. `run` occupies the JavaScript thread until it is done. */
export class Session {
  private constructor(
    private readonly session: InferenceSession,
    private readonly inputs: ReadonlyMap<string, Tensor>,
    private readonly outputs: ReadonlyMap<string, Tensor>,
  ) {}

  /**
   * Compiles the part of a graph that computes `outputs`.
   *
   * @throws Error with ONNX Runtime's words when the provider is not there
   */
  static async create(
    graph: Graph,
    outputs: Readonly<Record<string, Tensor>>,
    options: SessionOptions = {},
  ): Promise<Session> {
    const named = new Map(Object.entries(outputs));
    const session = await InferenceSession.create(toOnnx(graph, named, options.fixed), {
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      executionProviders: [options.provider ?? 'cpu'],
      logSeverityLevel: 3,
    });
    const inputs = new Map(
      graph.tensors
        .filter((tensor) => tensor.operation === 'input')
        .map((tensor) => [String(tensor.attributes.name), tensor] as const)
        .filter(([name]) => session.inputNames.includes(name)),
    );
    return new Session(session, inputs, named);
  }

  get inputNames(): readonly string[] {
    return [...this.inputs.keys()];
  }

  /**
   * Computes the outputs from the inputs.
   *
   * @param feeds data for every input, in the input's type and size
   * @param into buffers the outputs of these names are written to; none may be an input of the same run
   * @returns data of every output by name; float32 outputs only
   */
  async run(
    feeds: ReadonlyMap<string, TensorData>,
    into: ReadonlyMap<string, Float32Array> = new Map(),
  ): Promise<Map<string, Float32Array>> {
    const values: Record<string, Value> = {};
    for (const [name, tensor] of this.inputs) {
      const data = feeds.get(name);
      if (!data || data.length !== sizeOf(tensor.shape)) {
        throw new RangeError(
          `input ${name} [${tensor.shape.join(', ')}] was given ${data ? `${data.length} values` : 'nothing'}`,
        );
      }
      values[name] = new Value(tensor.type satisfies DataType, data, tensor.shape);
    }
    const wanted: Record<string, Value | null> = {};
    for (const [name, tensor] of this.outputs) {
      const buffer = into.get(name);
      wanted[name] = buffer ? new Value('float32', buffer, tensor.shape) : null;
    }
    const results = await this.session.run(values, wanted);
    return new Map(
      [...this.outputs.keys()].map((name) => {
        const data = into.get(name) ?? results[name]?.data;
        if (!(data instanceof Float32Array)) throw new TypeError(`output ${name} is not float32`);
        return [name, data];
      }),
    );
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
