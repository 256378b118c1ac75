/**
 * From what was asked for to an engine on a device. Only `auto` takes something else than it was told, and says why.
 */
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { providerFault } from '../../tensors/providers.js';
import type { Provider } from '../../tensors/session.js';
import type { EngineWish } from '../settings.js';
import type { StepGraph } from '../step-graph.js';
import type { TrainingEngine, TrainingState } from './engine.js';
import { OnnxEngine } from './onnx.js';
import { TensorFlowEngine } from './tensorflow.js';
import { loadTensorFlow } from './tensorflow-package.js';

export interface ChosenEngine {
  readonly engine: TrainingEngine;
  /** What was taken and why, a sentence. */
  readonly explanation: string;
}

/**
 * @param state is copied
 * @throws EkphrasisError ENGINE_UNAVAILABLE, DEVICE_UNAVAILABLE
 */
export async function openEngine(
  { engine, device }: EngineWish,
  step: StepGraph,
  state: TrainingState,
): Promise<ChosenEngine> {
  if (engine === 'tensorflow') {
    const found = loadTensorFlow(device);
    return {
      engine: new TensorFlowEngine(step, state, found),
      explanation: `tensorflow on ${DEVICE_NAMES[found.device]}: ${device === 'auto' ? `what ${found.name} found` : 'as asked for'}.`,
    };
  }
  const chosen = await chooseProvider(device);
  return {
    engine: await OnnxEngine.create(step, state, { device: chosen.provider }),
    explanation: `onnx on ${DEVICE_NAMES[chosen.provider]}: ${chosen.reason}.`,
  };
}

const DEVICE_NAMES: Readonly<Record<Provider, string>> = { cpu: 'the CPU', cuda: 'CUDA', webgpu: 'WebGPU' };

const REMEDIES: Readonly<Record<Provider, string>> = {
  cpu: '',
  cuda:
    ' It needs Linux on x64, CUDA 12 with cuDNN 9, and the provider that npm does not bring: ' +
    'ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js fetches it.',
  webgpu: ' On Linux it needs x64, a Vulkan driver and its loader, libvulkan.so.1.',
};

/**
 * `auto` tries CUDA, then takes the CPU. WebGPU it leaves alone: ONNX Runtime calls it experimental, and its adapter
 * may be a program that draws on the CPU, far slower than the CPU's own provider.
 */
async function chooseProvider(device: EngineWish['device']): Promise<{ provider: Provider; reason: string }> {
  const wanted = device === 'auto' ? 'cuda' : device;
  const fault = await providerFault(wanted);
  if (fault === undefined)
    return { provider: wanted, reason: device === 'auto' ? 'it answers, and is taken first' : 'as asked for' };
  if (device !== 'auto') {
    throw new EkphrasisError(
      ErrorCode.DeviceUnavailable,
      `The engine onnx cannot use the device ${device}: ${fault}.${REMEDIES[wanted]}`,
    );
  }
  return { provider: 'cpu', reason: `there is no CUDA (${fault}), and WebGPU is taken only when asked for` };
}
