/** VGG16's convolutions as an ONNX model, in float32 or in 8-bit integers. */
import onnxProto from 'onnx-proto';
import { type Attribute, integer, integers, valueInfo } from '../../tensors/onnx-proto.js';
import {
  activationScale,
  type ActivationRange,
  type ActivationScale,
  quantiseBias,
  quantiseKernel,
} from './quantisation.js';
import { VGG16_SHAPE } from './shape.js';
import { BLOCKS, bytesOf, type Convolution, type Vgg16Weights } from './weights.js';

const { onnx } = onnxProto;
const { FLOAT, FLOAT16, INT8, INT32, INT64, UINT8 } = onnx.TensorProto.DataType;

/** Quantisation by channel and max-pooling of bytes both exist from operator set 13 on. */
const OPERATOR_SET = 13;
/** The format version of that operator set's ONNX release. */
const FORMAT_VERSION = 7;

/** Side of the picture the network is given. */
export const INPUT_SIDE = 224;

/** What the input and each convolution's output (after ReLU) may reach: fourteen ranges. */
export interface CalibrationRanges {
  readonly input: ActivationRange;
  /** Largest output of each convolution, in order. */
  readonly convolutions: readonly number[];
}

export interface GraphOptions {
  /** Gives the integer graph. Default: the graph in float32. */
  readonly calibration?: CalibrationRanges;
  /** Adds every convolution's output after ReLU as an output by the convolution's name: what calibration looks at. */
  readonly exposeConvolutions?: boolean;
}

/**
 * The serialised model. Input `pixels` [N, 3, 224, 224] float32, normalised; outputs `regions` [N, 49, 512] float16,
 * the last feature map after its max-pooling, region = row * 7 + column, and `pooled` [N, 512] float32, the regions'
 * mean.
 *
 * The integer graph is in QDQ form: ONNX Runtime joins DequantizeLinear, Conv and QuantizeLinear into one integer
 * operator.
 */
export function vgg16Graph(weights: Vgg16Weights, options: GraphOptions = {}): Uint8Array {
  const writer = new GraphWriter();
  const { calibration } = options;
  let tensor = calibration ? writer.quantise('pixels', 'pixels', activationScale(calibration.input)) : 'pixels';
  let scale = calibration ? activationScale(calibration.input) : undefined;
  const ends = new Set(BLOCKS.map((_, block) => BLOCKS.slice(0, block + 1).reduce((sum, count) => sum + count, 0)));
  weights.convolutions.forEach((convolution, index) => {
    if (scale) {
      const outputScale = activationScale({ minimum: 0, maximum: calibration?.convolutions[index] ?? 0 });
      tensor = writer.integerConvolution(convolution, tensor, scale, outputScale);
      scale = outputScale;
    } else {
      tensor = writer.floatConvolution(convolution, tensor);
      if (options.exposeConvolutions) writer.output(tensor, FLOAT, ['N', convolution.outputs, 'H', 'W']);
    }
    if (ends.has(index + 1)) tensor = writer.maxPool(tensor);
  });
  if (scale) tensor = writer.dequantise(tensor, 'last', scale);
  writer.features(tensor);
  return writer.finish(['N', 3, INPUT_SIDE, INPUT_SIDE]);
}

/** Side of the picture that `largestSumsGraph` is given: the pixel in the middle sees nothing of the borders. */
export const PROBE_SIDE = 5;
/**
 * Channels of the network's first two convolutions: ONNX Runtime has another kernel for the first, of three channels.
 */
const PROBE_CHANNELS = [3, 64, 64] as const;
/** What `largestSumsGraph` gives for the pixel in the middle of a picture of ones. */
export const PROBE_SUM = PROBE_CHANNELS[0] * 9 * PROBE_CHANNELS[1] * 9;

/**
 * An integer graph whose sums are as large as they can be, 255 times 127 in each term, to try the processor's kernels
 * with. Input `pixels` [1, 3, 5, 5] float32, of ones; output `sums.real` [1, 64, 5, 5] float32, `PROBE_SUM` in the
 * middle.
 */
export function largestSumsGraph(): Uint8Array {
  const writer = new GraphWriter();
  let scale = activationScale({ minimum: 0, maximum: 1 });
  let largest = 1;
  let tensor = writer.quantise('pixels', 'pixels', scale);
  for (const [index, outputs] of PROBE_CHANNELS.slice(1).entries()) {
    const inputs = PROBE_CHANNELS[index] ?? 0;
    const kernel = new Float32Array(outputs * inputs * 9).fill(1);
    largest *= inputs * 9;
    const outputScale = activationScale({ minimum: 0, maximum: largest });
    tensor = writer.integerConvolution(
      { name: `largest.${index}`, inputs, outputs, kernel, bias: new Float32Array(outputs) },
      tensor,
      scale,
      outputScale,
    );
    scale = outputScale;
  }
  writer.output(writer.dequantise(tensor, 'sums', scale), FLOAT, [1, PROBE_CHANNELS[2], PROBE_SIDE, PROBE_SIDE]);
  return writer.finish([1, PROBE_CHANNELS[0], PROBE_SIDE, PROBE_SIDE]);
}

class GraphWriter {
  private readonly nodes: ReturnType<typeof onnx.NodeProto.create>[] = [];
  private readonly initialisers: ReturnType<typeof onnx.TensorProto.create>[] = [];
  private readonly outputs: ReturnType<typeof onnx.ValueInfoProto.create>[] = [];

  floatConvolution(convolution: Convolution, input: string): string {
    const { name, inputs, outputs, kernel, bias } = convolution;
    const weight = this.initialise(`${name}.weight`, FLOAT, [outputs, inputs, 3, 3], bytesOf(kernel));
    const offset = this.initialise(`${name}.bias`, FLOAT, [outputs], bytesOf(bias));
    const sums = this.node('Conv', [input, weight, offset], `${name}.sums`, CONVOLUTION);
    return this.node('Relu', [sums], name);
  }

  /** From bytes to bytes. There is no Relu: a zero point of 0 makes QuantizeLinear cut off what is negative. */
  integerConvolution(
    convolution: Convolution,
    input: string,
    inputScale: ActivationScale,
    outputScale: ActivationScale,
  ): string {
    const { name, inputs, outputs } = convolution;
    const kernel = quantiseKernel(convolution.kernel, outputs);
    const bias = quantiseBias(convolution.bias, inputScale.scale, kernel.scales);
    const weight = this.stored(
      `${name}.weight`,
      INT8,
      [outputs, inputs, 3, 3],
      bytesOf(kernel.data),
      kernel.scales,
      new Uint8Array(outputs),
    );
    const offset = this.stored(
      `${name}.bias`,
      INT32,
      [outputs],
      bytesOf(bias.data),
      bias.scales,
      new Uint8Array(4 * outputs),
    );
    const sums = this.node(
      'Conv',
      [this.dequantise(input, `${name}.input`, inputScale), weight, offset],
      `${name}.sums`,
      CONVOLUTION,
    );
    return this.quantise(sums, name, outputScale);
  }

  maxPool(input: string): string {
    return this.node('MaxPool', [input], `${input}.pooled`, [
      integers('kernel_shape', [2, 2]),
      integers('strides', [2, 2]),
    ]);
  }

  quantise(input: string, name: string, scale: ActivationScale): string {
    return this.node('QuantizeLinear', [input, ...this.activation(`${name}.bytes`, scale)], `${name}.bytes`);
  }

  dequantise(input: string, name: string, scale: ActivationScale): string {
    return this.node('DequantizeLinear', [input, ...this.activation(`${name}.real`, scale)], `${name}.real`);
  }

  features(map: string): void {
    const shape = this.initialise(
      'regions.shape',
      INT64,
      [3],
      new Uint8Array(BigInt64Array.of(0n, BigInt(VGG16_SHAPE.regions), BigInt(VGG16_SHAPE.regionSize)).buffer),
    );
    const channelsLast = this.node('Transpose', [map], 'regions.grid', [integers('perm', [0, 2, 3, 1])]);
    const regions = this.node('Reshape', [channelsLast, shape], 'regions.real');
    this.node('Cast', [regions], 'regions', [integer('to', FLOAT16)]);
    this.output('regions', FLOAT16, ['N', VGG16_SHAPE.regions, VGG16_SHAPE.regionSize]);
    const means = this.node('GlobalAveragePool', [map], 'pooled.grid');
    this.node('Flatten', [means], 'pooled', [integer('axis', 1)]);
    this.output('pooled', FLOAT, ['N', VGG16_SHAPE.regionSize]);
  }

  output(name: string, type: number, shape: readonly (number | string)[]): void {
    this.outputs.push(valueInfo(name, type, shape));
  }

  /** @param pixels the shape of the input */
  finish(pixels: readonly (number | string)[]): Uint8Array {
    const model = onnx.ModelProto.create({
      irVersion: FORMAT_VERSION,
      producerName: 'ekphrasis',
      opsetImport: [{ domain: '', version: OPERATOR_SET }],
      graph: {
        name: 'vgg16',
        node: this.nodes,
        input: [valueInfo('pixels', FLOAT, pixels)],
        output: this.outputs,
        initializer: this.initialisers,
      },
    });
    return onnx.ModelProto.encode(model).finish();
  }

  /** Integers that are stored by channel and read as real numbers. */
  private stored(
    name: string,
    type: number,
    dims: readonly number[],
    data: Uint8Array,
    scales: Float32Array,
    zeros: Uint8Array,
  ): string {
    const values = this.initialise(`${name}.integers`, type, dims, data);
    const scale = this.initialise(`${name}.scale`, FLOAT, [scales.length], bytesOf(scales));
    const zero = this.initialise(`${name}.zero`, type, [scales.length], zeros);
    return this.node('DequantizeLinear', [values, scale, zero], name, [integer('axis', 0)]);
  }

  private activation(name: string, { scale, zeroPoint }: ActivationScale): [string, string] {
    return [
      this.initialise(`${name}.scale`, FLOAT, [], bytesOf(Float32Array.of(scale))),
      this.initialise(`${name}.zero`, UINT8, [], Uint8Array.of(zeroPoint)),
    ];
  }

  private node(opType: string, input: readonly string[], output: string, attribute: Attribute[] = []): string {
    this.nodes.push(onnx.NodeProto.create({ name: output, opType, input: [...input], output: [output], attribute }));
    return output;
  }

  private initialise(name: string, dataType: number, dims: readonly number[], rawData: Uint8Array): string {
    this.initialisers.push(onnx.TensorProto.create({ name, dataType, dims: [...dims], rawData }));
    return name;
  }
}

const CONVOLUTION: Attribute[] = [integers('kernel_shape', [3, 3]), integers('pads', [1, 1, 1, 1])];
