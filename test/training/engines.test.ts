/**
 * Every engine computes the same training, on whatever device; what is not there is refused, never replaced in silence.
 */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attentionDecoder } from '../../src/captioner/decoders/attention.js';
import { toHalf } from '../../src/files/half.js';
import { providerFault } from '../../src/tensors/providers.js';
import { Batches, batchFeeds } from '../../src/training/batches.js';
import { openEngine } from '../../src/training/engines/choose.js';
import { OnnxEngine } from '../../src/training/engines/onnx.js';
import { TensorFlowEngine } from '../../src/training/engines/tensorflow.js';
import { loadTensorFlow } from '../../src/training/engines/tensorflow-package.js';
import type { TrainingEvent } from '../../src/training/events.js';
import { captionStep } from '../../src/training/loss-graph.js';
import { DEFAULT_OPTIMISER } from '../../src/training/optimiser.js';
import { initialParameters } from '../../src/training/initial-parameters.js';
import { withoutMoments } from '../../src/training/progress.js';
import { RandomStream } from '../../src/training/random.js';
import { eventsOf, lossesIn, tinyTraining } from './tiny-training.js';

const decoder = attentionDecoder({
  vocabularySize: 13,
  regions: 5,
  regionSize: 16,
  embeddingSize: 6,
  hiddenSize: 10,
  attentionSize: 7,
  cell: 'lstm',
});
const CAPTIONS = [
  [
    [4, 5, 6, 7, 8],
    [5, 4],
  ],
  [[9, 10], [11]],
  [
    [12, 4, 9, 6],
    [7, 7, 7],
  ],
  [[8], [10, 6, 6, 5]],
];

const batches = new Batches(
  CAPTIONS.map((captions, index) => ({ index, views: 1, captions })),
  { epochs: 10, images: 2, captions: 2, words: 8, seed: 5, dropout: 0.5, decoder },
);
const stepGraph = captionStep({
  decoder,
  images: 2,
  profile: batches.profile,
  loss: { dropout: 0.5, labelSmoothing: 0.1 },
  optimiser: DEFAULT_OPTIMISER,
});

/** The batches of ten epochs, 20 in all, with regions of their own. */
function allBatches() {
  const random = new RandomStream(3, 'regions');
  const size = 2 * decoder.settings.regions * decoder.settings.regionSize;
  return Array.from({ length: 10 }, (_, epoch) => batches.order(epoch + 1))
    .flat()
    .map((drawn, place) =>
      batchFeeds(batches.assemble(drawn, toHalf(Array.from({ length: size }, () => random.uniform())), place + 1)),
    );
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'engines-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

/** Installs a package under NODE_PATH that is loaded in place of the real one. */
async function install(name: string, source: string): Promise<NodeJS.Require> {
  const modules = join(directory, 'node_modules');
  await mkdir(join(modules, name), { recursive: true });
  await writeFile(join(modules, name, 'index.js'), source);
  vi.stubEnv('NODE_PATH', modules);
  return createRequire(join(directory, 'here.js'));
}

const resolve = createRequire(import.meta.url).resolve;
/** TensorFlow.js with its pure JavaScript backend under the name of the native one. */
const PURE_JAVASCRIPT = `
require(${JSON.stringify(resolve('@tensorflow/tfjs-backend-cpu'))});
module.exports = require(${JSON.stringify(resolve('@tensorflow/tfjs-core'))});`;

describe('the engines onnx and tensorflow', () => {
  it('have the same losses and end with the same parameters after 20 steps with dropout', async () => {
    const before = tf.memory().numTensors;
    const state = withoutMoments(initialParameters(decoder, 1));
    const onnx = await OnnxEngine.create(stepGraph, state);
    const tensorflow = new TensorFlowEngine(stepGraph, state, { tf, device: 'cpu' });
    for (const [index, batch] of allBatches().entries()) {
      const wanted = await onnx.step(batch, 0.01, index + 1);
      const computed = await tensorflow.step(batch, 0.01, index + 1);
      expect(Math.abs(computed.loss - wanted.loss), `step ${index + 1}`).toBeLessThan(1e-4);
      expect(computed.norm).toBeCloseTo(wanted.norm, 3);
    }
    for (const [name, { parameter, secondMoment }] of onnx.state()) {
      const other = tensorflow.state().get(name);
      expect(other?.parameter, name).not.toEqual(state.get(name)?.parameter);
      const distance = (a: Float32Array, b?: Float32Array) =>
        Math.max(...a.map((value, place) => Math.abs(value - (b?.[place] ?? NaN))));
      expect(distance(parameter, other?.parameter), name).toBeLessThan(1e-3);
      expect(distance(secondMoment, other?.secondMoment), name).toBeLessThan(1e-4);
    }
    await onnx.close();
    await tensorflow.close();
    expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
  });

  it('train the same in the trainer process', async () => {
    await install('@tensorflow/tfjs-node', PURE_JAVASCRIPT);
    const [onnx, tensorflow] = await Promise.all([
      tinyTraining(join(directory, 'onnx'), { engine: 'onnx', device: 'cpu' }).then(eventsOf),
      tinyTraining(join(directory, 'tensorflow'), { engine: 'tensorflow', device: 'auto' }).then(eventsOf),
    ]);
    expect(onnx[0]).toMatchObject({
      type: 'started',
      engine: 'onnx',
      device: 'cpu',
      explanation: 'onnx on the CPU: as asked for.',
    });
    expect(tensorflow[0]).toMatchObject({
      type: 'started',
      engine: 'tensorflow',
      device: 'cpu',
      explanation: 'tensorflow on the CPU: what @tensorflow/tfjs-node found.',
    });
    expect([onnx.at(-1)?.type, tensorflow.at(-1)?.type]).toEqual(['finished', 'finished']);
    expect(lossesIn(onnx)).toHaveLength(2);
    lossesIn(onnx).forEach((loss, epoch) => {
      expect(Math.abs(loss - (lossesIn(tensorflow)[epoch] ?? NaN))).toBeLessThan(1e-4);
    });
  });
});

describe('the engine tensorflow', () => {
  it('says how to install what it needs', async () => {
    const nothing = createRequire(join(directory, 'here.js'));
    const load = () => loadTensorFlow('auto', nothing);
    expect(load).toThrow(expect.objectContaining({ code: 'ENGINE_UNAVAILABLE' }));
    expect(load).toThrow('npm install --no-save --save-optional @tensorflow/tfjs-node@4.22.0');
    await install(
      '@tensorflow/tfjs-node',
      'throw new Error("libtensorflow.so.2: cannot open shared object file\\nmore");',
    );
    expect(load).toThrow('@tensorflow/tfjs-node: libtensorflow.so.2: cannot open shared object file.');
  });

  it('takes the package with CUDA first, or the other for the CPU', async () => {
    await install('@tensorflow/tfjs-node', 'exports.backend = () => ({ isUsingGpuDevice: false });');
    const require = await install('@tensorflow/tfjs-node-gpu', 'exports.backend = () => ({ isUsingGpuDevice: true });');
    expect(loadTensorFlow('auto', require)).toMatchObject({ name: '@tensorflow/tfjs-node-gpu', device: 'cuda' });
    expect(loadTensorFlow('cuda', require)).toMatchObject({ name: '@tensorflow/tfjs-node-gpu', device: 'cuda' });
    expect(loadTensorFlow('cpu', require)).toMatchObject({ name: '@tensorflow/tfjs-node', device: 'cpu' });
  });

  it('refuses a device it does not have', async () => {
    const require = await install('@tensorflow/tfjs-node', 'exports.backend = () => ({ isUsingGpuDevice: false });');
    const refusal: unknown = expect.objectContaining({ code: 'DEVICE_UNAVAILABLE' });
    expect(() => loadTensorFlow('cuda', require)).toThrow(refusal);
    expect(() => loadTensorFlow('webgpu', require)).toThrow(refusal);
  });

  it('fails the training, with the reason, when its library crashes', async () => {
    await install('@tensorflow/tfjs-node', 'process.abort();');
    const events = await eventsOf(await tinyTraining(join(directory, 'run'), { engine: 'tensorflow', device: 'auto' }));
    expect(events).toMatchObject([
      {
        type: 'failed',
        code: 'PROCESS_FAILED',
        message: expect.stringMatching(/SIGABRT.*engine tensorflow.*device cpu/s) as string,
      },
    ]);
  });
});

/** Debian's chromium has a Vulkan driver that draws on the CPU, SwiftShader, and a loader for it. */
const CHROMIUM = '/usr/lib/chromium';

/** A training on WebGPU, with SwiftShader where there is no other adapter. */
async function trainOnWebGpu(): Promise<TrainingEvent[]> {
  const run = await tinyTraining(join(directory, 'webgpu'), { engine: 'onnx', device: 'webgpu' });
  const events = await eventsOf(run);
  const driver = join(CHROMIUM, 'vk_swiftshader_icd.json');
  if (events[0]?.type === 'started' || !existsSync(driver)) return events;
  vi.stubEnv('LD_LIBRARY_PATH', CHROMIUM);
  vi.stubEnv('VK_ICD_FILENAMES', driver);
  return eventsOf(run);
}

describe('the engine onnx', () => {
  const open = (device: 'auto' | 'cpu' | 'cuda' | 'webgpu') =>
    openEngine({ engine: 'onnx', device }, stepGraph, withoutMoments(initialParameters(decoder, 1)));

  it('takes CUDA by itself where it works, else the CPU, and says why', async () => {
    const fault = await providerFault('cuda');
    const { engine, explanation } = await open('auto');
    expect(engine).toMatchObject({ name: 'onnx', device: fault === undefined ? 'cuda' : 'cpu' });
    expect(explanation).toMatch(
      fault === undefined ? /^onnx on CUDA: it answers/ : /^onnx on the CPU: there is no CUDA \(.+\), and/,
    );
    await engine.close();
  });

  it('trains the same on WebGPU as on the CPU, where there is an adapter', async ({ skip }) => {
    const events = await trainOnWebGpu();
    const [first] = events;
    if (first?.type === 'failed' && first.code === 'DEVICE_UNAVAILABLE') return skip(first.message);
    expect(first).toMatchObject({ type: 'started', device: 'webgpu', explanation: 'onnx on WebGPU: as asked for.' });
    const onCpu = lossesIn(
      await eventsOf(await tinyTraining(join(directory, 'cpu'), { engine: 'onnx', device: 'cpu' })),
    );
    expect(onCpu).toHaveLength(2);
    onCpu.forEach((loss, epoch) => {
      expect(Math.abs(loss - (lossesIn(events)[epoch] ?? NaN))).toBeLessThan(1e-4);
    });
  });

  it.each(['cuda', 'webgpu'] as const)('refuses %s where it does not work, and takes nothing else', async (device) => {
    const fault = await providerFault(device);
    if (fault === undefined) {
      const { engine } = await open(device);
      expect(engine.device).toBe(device);
      await engine.close();
    } else {
      await expect(open(device)).rejects.toMatchObject({
        code: 'DEVICE_UNAVAILABLE',
        message: expect.stringContaining(fault) as string,
      });
    }
  });
});
