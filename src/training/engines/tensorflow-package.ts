/**
 * Finds TensorFlow.js with a native backend, which is no dependency of the program: whoever wants it installs it beside
 * it.
 */
import { createRequire } from 'node:module';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { TensorFlowModule } from '../../tensors/tensorflow.js';
import type { EngineWish } from '../settings.js';

export interface TensorFlowPackage {
  readonly tf: TensorFlowModule;
  readonly name: string;
  readonly device: 'cpu' | 'cuda';
}

/** What we ask of the backend of @tensorflow/tfjs-node and its twin with CUDA, beside what every backend has. */
interface NodeBackend {
  readonly isUsingGpuDevice?: boolean;
}

const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';
const CPU_PACKAGE = '@tensorflow/tfjs-node';
/** As package.json names it among the optional peers. */
const VERSION = '4.22.0';

/**
 * Loads the package that serves the device.
 *
 * @param require Node's own, which unlike `import` also looks in NODE_PATH, or one that looks elsewhere
 * @throws ENGINE_UNAVAILABLE when neither package can be loaded, DEVICE_UNAVAILABLE when it has no such device
 */
export function loadTensorFlow(
  device: EngineWish['device'],
  require: NodeJS.Require = createRequire(import.meta.url),
): TensorFlowPackage {
  if (device === 'webgpu') {
    throw new EkphrasisError(
      ErrorCode.DeviceUnavailable,
      'The engine tensorflow has no WebGPU: choose the device cpu or cuda, or the engine onnx.',
    );
  }
  prepareProcess(device);
  const found = firstThatLoads(device === 'cpu' ? [CPU_PACKAGE, GPU_PACKAGE] : [GPU_PACKAGE, CPU_PACKAGE], require);
  if (device === 'auto' || device === found.device) return found;
  const remedy = device === 'cuda' ? ` It needs ${GPU_PACKAGE}, CUDA and cuDNN.` : '';
  throw new EkphrasisError(
    ErrorCode.DeviceUnavailable,
    `The engine tensorflow cannot use the device ${device}: ${found.name} computes on ${found.device}.${remedy}`,
  );
}

function firstThatLoads(names: readonly string[], require: NodeJS.Require): TensorFlowPackage {
  const faults: string[] = [];
  for (const name of names) {
    try {
      const tf = require(name) as TensorFlowModule;
      return { tf, name, device: (tf.backend() as NodeBackend).isUsingGpuDevice === true ? 'cuda' : 'cpu' };
    } catch (error) {
      faults.push(`${name}: ${firstLine(error)}`);
    }
  }
  throw new EkphrasisError(
    ErrorCode.EngineUnavailable,
    `The engine tensorflow needs TensorFlow.js with its native library: npm install --no-save --save-optional ${CPU_PACKAGE}@${VERSION}, or ` +
      `${GPU_PACKAGE}@${VERSION} for CUDA; or choose the engine onnx. ${faults.join('; ')}.`,
  );
}

/** What has to be so before the native library is loaded; it looks only once. */
function prepareProcess(device: EngineWish['device']): void {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  if (device === 'cpu') process.env['CUDA_VISIBLE_DEVICES'] = '-1';
  // tfjs-node 4.22 calls it; Node 23 took it away.
  const util = createRequire(import.meta.url)('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0]?.replace(/\.$/, '') ?? message;
}
