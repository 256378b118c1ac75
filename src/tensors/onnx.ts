/** Writes a graph of the tensor language as an ONNX model. */
import onnxProto from 'onnx-proto';
import type { DataType, Graph, Shape, Tensor } from './graph.js';
import { reachable, ShapeError, sizeOf } from './graph.js';
import { type Attribute, integer, integers, string, valueInfo } from './onnx-proto.js';

const { onnx } = onnxProto;

/** The oldest operator set with axes as an input of every reduction. */
const OPERATOR_SET = 18;
/** The format version that goes with it; ONNX Runtime refuses versions newer than it knows. */
const FORMAT_VERSION = 8;

const elementType: Record<DataType | 'int64', number> = {
  float32: onnx.TensorProto.DataType.FLOAT,
  int32: onnx.TensorProto.DataType.INT32,
  uint8: onnx.TensorProto.DataType.UINT8,
  int64: onnx.TensorProto.DataType.INT64,
};

/** Operations that have an ONNX operator of the same meaning, with no attributes. */
const direct: Partial<Record<Tensor['operation'], string>> = {
  add: 'Add',
  subtract: 'Sub',
  multiply: 'Mul',
  divide: 'Div',
  negate: 'Neg',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  relu: 'Relu',
  softmax: 'Softmax',
  logSoftmax: 'LogSoftmax',
};

/**
 * The ONNX model (serialised protobuf) that computes `outputs`, by name, from the graph's inputs.
 *
 * @param fixed inputs whose values are known, float32 by input name: they are stored in the model, where ONNX Runtime
 *   can arrange them for speed once; all other inputs are given at each run
 */
export function toOnnx(
  graph: Graph,
  outputs: ReadonlyMap<string, Tensor>,
  fixed: ReadonlyMap<string, Float32Array> = new Map(),
): Uint8Array {
  const needed = reachable(outputs.values());
  const writer = new Writer(outputs, fixed);
  for (const tensor of graph.tensors) {
    if (needed.has(tensor)) writer.write(tensor);
  }
  return writer.finish();
}

class Writer {
  private readonly nodes: ReturnType<typeof onnx.NodeProto.create>[] = [];
  private readonly inputs: ReturnType<typeof onnx.ValueInfoProto.create>[] = [];
  private readonly initialisers = new Map<string, ReturnType<typeof onnx.TensorProto.create>>();
  private readonly names = new Map<Tensor, string>();

  constructor(
    private readonly outputs: ReadonlyMap<string, Tensor>,
    private readonly fixed: ReadonlyMap<string, Float32Array>,
  ) {
    // An output is computed under its own name; only one that has a name already, such as an input, has to be copied.
    for (const [name, tensor] of outputs) this.names.set(tensor, name);
  }

  write(tensor: Tensor): void {
    const { operation, shape, attributes } = tensor;
    const inputs = tensor.inputs.map((input) => this.nameOf(input));
    const [x = '', y = ''] = inputs;
    const operator = direct[operation];
    if (operator) {
      this.node(operator, inputs, tensor);
      return;
    }
    switch (operation) {
      case 'input':
        this.writeInput(tensor, text(attributes.name));
        return;
      case 'constant':
        this.names.set(tensor, this.floats([], Float32Array.of(Number(attributes.value))));
        return;
      case 'positive':
        this.node('Greater', [x, this.floats([], Float32Array.of(0))], tensor, [], '_bool');
        this.node('Cast', [`${this.nameOf(tensor)}_bool`], tensor, [integer('to', elementType.float32)]);
        return;
      case 'cast':
        this.node('Cast', [x], tensor, [integer('to', elementType[tensor.type])]);
        return;
      case 'matmul':
        this.writeMatmul(tensor, x, y);
        return;
      case 'sum':
        this.node('ReduceSum', [x, this.integers(list(attributes.axes))], tensor, [integer('keepdims', 1)]);
        return;
      case 'max':
        this.node('ReduceMax', [x, this.integers(list(attributes.axes))], tensor, [integer('keepdims', 1)]);
        return;
      case 'logSumExp':
        this.writeLogSumExp(tensor, x);
        return;
      case 'reshape':
        this.node('Reshape', [x, this.integers(shape)], tensor);
        return;
      case 'expand':
        this.node('Expand', [x, this.integers(shape)], tensor);
        return;
      case 'transpose':
        this.node('Transpose', [x], tensor, [integers('perm', list(attributes.permutation))]);
        return;
      case 'concat':
        this.node('Concat', inputs, tensor, [integer('axis', Number(attributes.axis))]);
        return;
      case 'slice': {
        const [start, end, axis] = [attributes.start, attributes.end, attributes.axis].map((value) =>
          this.integers([Number(value)]),
        );
        this.node('Slice', [x, start ?? '', end ?? '', axis ?? ''], tensor);
        return;
      }
      case 'pad': {
        const at = (side: unknown) => shape.map((_, axis) => (axis === attributes.axis ? Number(side) : 0));
        this.node('Pad', [x, this.integers([...at(attributes.before), ...at(attributes.after)])], tensor);
        return;
      }
      case 'gather':
        this.node('Gather', [x, y], tensor, [integer('axis', 0)]);
        return;
      case 'scatterAdd':
        this.writeScatterAdd(tensor, x, y);
        return;
      default:
        throw new ShapeError(operation, [shape], 'cannot be written as ONNX');
    }
  }

  finish(): Uint8Array {
    for (const [name, tensor] of this.outputs) {
      if (this.nameOf(tensor) === name) continue;
      this.nodes.push(onnx.NodeProto.create({ opType: 'Identity', input: [this.nameOf(tensor)], output: [name] }));
    }
    const output = [...this.outputs].map(([name, tensor]) => valueInfo(name, elementType[tensor.type], tensor.shape));
    const model = onnx.ModelProto.create({
      irVersion: FORMAT_VERSION,
      producerName: 'ekphrasis',
      opsetImport: [{ domain: '', version: OPERATOR_SET }],
      graph: {
        name: 'graph',
        node: this.nodes,
        input: this.inputs,
        output,
        initializer: [...this.initialisers.values()],
      },
    });
    return onnx.ModelProto.encode(model).finish();
  }

  private writeInput(tensor: Tensor, name: string): void {
    this.names.set(tensor, name);
    const data = this.fixed.get(name);
    if (!data) {
      this.inputs.push(valueInfo(name, elementType[tensor.type], tensor.shape));
      return;
    }
    if (data.length !== sizeOf(tensor.shape))
      throw new ShapeError('input', [tensor.shape], `${name} has ${data.length} values`);
    this.initialise(name, tensor.shape, 'float32', new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  /**
   * Matrices go to Gemm, which reads either operand transposed; stacks of matrices to MatMul behind a Transpose that
   * ONNX Runtime fuses.
   */
  private writeMatmul(tensor: Tensor, a: string, b: string): void {
    const { transposeA, transposeB } = tensor.attributes;
    const rank = tensor.shape.length;
    if (rank === 2) {
      this.node('Gemm', [a, b], tensor, [integer('transA', Number(transposeA)), integer('transB', Number(transposeB))]);
      return;
    }
    const exchange = integers('perm', [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]);
    const operand = (name: string, transposed: boolean, suffix: string) => {
      if (!transposed) return name;
      this.node('Transpose', [name], tensor, [exchange], suffix);
      return `${this.nameOf(tensor)}${suffix}`;
    };
    this.node('MatMul', [operand(a, transposeA === true, '_a'), operand(b, transposeB === true, '_b')], tensor);
  }

  /** What LogSoftmax takes from the first element of each row: ONNX Runtime's ReduceLogSumExp is ten times slower. */
  private writeLogSumExp(tensor: Tensor, x: string): void {
    const name = this.nameOf(tensor);
    const first = [[0], [1], [-1]].map((values) => this.integers(values));
    this.node('LogSoftmax', [x], tensor, [], '_log');
    this.node('Slice', [x, ...first], tensor, [], '_before');
    this.node('Slice', [`${name}_log`, ...first], tensor, [], '_after');
    this.node('Sub', [`${name}_before`, `${name}_after`], tensor);
  }

  /**
   * Not ScatterND, which takes whole rows: ONNX Runtime lets its threads add to one row at the same time, and sums are
   * lost. ScatterElements adds one after another, so that the same inputs always give the same bits.
   */
  private writeScatterAdd(tensor: Tensor, updates: string, indices: string): void {
    const name = this.nameOf(tensor);
    const shape = tensor.inputs[0]?.shape ?? [];
    this.node('Reshape', [indices, this.integers([-1, 1])], tensor, [], '_column');
    this.node('Expand', [`${name}_column`, this.integers(shape)], tensor, [], '_index');
    this.node('ScatterElements', [this.zeros(tensor.shape), `${name}_index`, updates], tensor, [
      integer('axis', 0),
      string('reduction', 'add'),
    ]);
  }

  private node(
    operator: string,
    input: readonly string[],
    tensor: Tensor,
    attribute: Attribute[] = [],
    suffix = '',
  ): void {
    const output = `${this.nameOf(tensor)}${suffix}`;
    this.nodes.push(
      onnx.NodeProto.create({ name: output, opType: operator, input: [...input], output: [output], attribute }),
    );
  }

  private nameOf(tensor: Tensor): string {
    const known = this.names.get(tensor) ?? `t${tensor.id}`;
    this.names.set(tensor, known);
    return known;
  }

  private zeros(shape: Shape): string {
    const name = `zeros_${shape.join('x')}`;
    if (!this.nodes.some((node) => node.output.includes(name))) {
      this.nodes.push(
        onnx.NodeProto.create({ opType: 'ConstantOfShape', input: [this.integers(shape)], output: [name] }),
      );
    }
    return name;
  }

  private integers(values: readonly number[]): string {
    const name = `int64_${values.join('_')}`;
    const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.initialise(name, [values.length], 'int64', bytes);
    return name;
  }

  private floats(shape: Shape, values: Float32Array): string {
    const name = `float32_${values.join('_')}`;
    this.initialise(name, shape, 'float32', new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return name;
  }

  private initialise(name: string, shape: Shape, type: keyof typeof elementType, rawData: Uint8Array): void {
    if (this.initialisers.has(name)) return;
    this.initialisers.set(
      name,
      onnx.TensorProto.create({ name, dims: [...shape], dataType: elementType[type], rawData }),
    );
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list(value: unknown): readonly number[] {
  return Array.isArray(value) ? (value as readonly number[]) : [];
}
