/**
 * An engine on a device beside the engine onnx on the CPU: the same seed and batches, step by step in turns. First the
 * losses must be equal, then the times are told. README.md says how to run it.
 */
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadTensorFlow } from '../../src/training/engines/tensorflow-package.js';
import type { TrainingEngine, TrainingState } from '../../src/training/engines/engine.js';
import { openEngine } from '../../src/training/engines/choose.js';
import { OnnxEngine } from '../../src/training/engines/onnx.js';
import { TensorFlowEngine } from '../../src/training/engines/tensorflow.js';
import { batchFeeds } from '../../src/training/batches.js';
import { captionStep } from '../../src/training/loss-graph.js';
import { DEFAULT_OPTIMISER } from '../../src/training/optimiser.js';
import { initialParameters } from '../../src/training/initial-parameters.js';
import { withoutMoments } from '../../src/training/progress.js';
import { learningRateAt } from '../../src/training/schedule.js';
import type { EngineWish } from '../../src/training/settings.js';
import { DEFAULT_SETTINGS, DEVICES, ENGINES } from '../../src/training/settings.js';
import { DECODER, drawWorkload, IMAGES } from '../train-step/workload.js';
import { createDecoder, DEFAULT_ARCHITECTURE } from '../../src/captioner/decoders/all.js';
import { VGG16_SHAPE } from '../../src/vision/vgg16/shape.js';

/** Largest difference of two losses, in nats a word. */
const TOLERANCE = 1e-4;
/** Not counted: they fill allocators and compile what is compiled late. */
const WARM_UP = 5;
/** 20 epochs of Flickr8k: only the start of the schedule is run. */
const TOTAL_STEPS = 3740;
const SEED = 1;

const { values: args } = parseArgs({
  options: {
    engine: { type: 'string', default: 'tensorflow' },
    device: { type: 'string', default: 'cpu' },
    tensorflow: { type: 'string' },
    steps: { type: 'string', default: '50' },
    tiny: { type: 'boolean', default: false },
  },
});
const steps = Number(args.steps);
const wish: EngineWish = { engine: oneOf(ENGINES, args.engine), device: oneOf(DEVICES, args.device) };
const sizes = args.tiny
  ? {
      decoder: createDecoder(
        { ...DEFAULT_ARCHITECTURE, ...VGG16_SHAPE, embeddingSize: 16, hiddenSize: 24, attentionSize: 16 },
        200,
      ),
      images: 4,
    }
  : { decoder: DECODER, images: IMAGES };

const workload = drawWorkload(steps, SEED, sizes);
const stepGraph = captionStep({
  ...sizes,
  profile: workload.profile,
  loss: { dropout: 0.5, labelSmoothing: DEFAULT_SETTINGS.labelSmoothing },
  optimiser: DEFAULT_OPTIMISER,
});
const state = withoutMoments(initialParameters(sizes.decoder, SEED));
const peer = await openPeer(state);
const baseline = await OnnxEngine.create(stepGraph, state);

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);
console.log(`load average before: ${describeLoad()}`);
const worst = await compare();
console.log(
  `load average after: ${describeLoad()}; where it is far above the number of cores, others were computing too`,
);
await baseline.close();
await peer.close();
process.exitCode = worst <= TOLERANCE ? 0 : 1;

async function openPeer(start: TrainingState): Promise<TrainingEngine> {
  if (wish.engine === 'tensorflow' && args.tensorflow !== undefined) {
    const found = loadTensorFlow(wish.device, createRequire(join(resolve(args.tensorflow), 'package.json')));
    return new TensorFlowEngine(stepGraph, start, found);
  }
  const { engine, explanation } = await openEngine(wish, stepGraph, start);
  console.log(explanation);
  return engine;
}

/** @returns the largest difference of the losses */
async function compare(): Promise<number> {
  const name = `${peer.name} on ${peer.device}`;
  const times = { baseline: [] as number[], peer: [] as number[] };
  let largest = 0;
  for (let step = 1; step <= steps; step++) {
    // The two take turns in going first.
    const [first, second] = step % 2 === 0 ? [peer, baseline] : [baseline, peer];
    const results = new Map([[first, await timed(first, step)]]);
    results.set(second, await timed(second, step));
    const [ours, theirs] = [results.get(baseline), results.get(peer)];
    if (!ours || !theirs) throw new RangeError('two engines make a pair');
    // A loss that is no number differs by more than any tolerance.
    const difference = Math.abs(ours.loss - theirs.loss);
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
    if (step <= 3 || step % 10 === 0) {
      console.log(
        `step ${step}: loss ${ours.loss.toFixed(6)}, ${name} ${theirs.loss.toFixed(6)}; ${ours.ms.toFixed(0)} and ${theirs.ms.toFixed(0)} ms`,
      );
    }
    if (step <= WARM_UP) continue;
    times.baseline.push(ours.ms);
    times.peer.push(theirs.ms);
  }
  console.log(`the losses of ${steps} steps differ by at most ${largest.toExponential(1)} (allowed: ${TOLERANCE})`);
  report('onnx on cpu', times.baseline);
  report(name, times.peer);
  return largest;
}

async function timed(engine: TrainingEngine, step: number): Promise<{ loss: number; ms: number }> {
  const rate = learningRateAt(step, TOTAL_STEPS, DEFAULT_SETTINGS.learningRate, DEFAULT_SETTINGS.warmUpSteps);
  const batch = batchFeeds(workload.assemble(step - 1, step, true));
  const started = performance.now();
  const { loss } = await engine.step(batch, rate, step);
  return { loss, ms: performance.now() - started };
}

function report(name: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN);
  console.log(`${name}: median ${at(0.5)} ms a step, quartiles ${at(0.25)} and ${at(0.75)}, least ${at(0)}`);
}

function describeLoad(): string {
  return loadavg()
    .map((load) => load.toFixed(2))
    .join(' ');
}

function oneOf<T extends string>(known: readonly T[], given: string): T {
  const found = known.find((name) => name === given);
  if (found === undefined) throw new RangeError(`${given} is none of ${known.join(', ')}`);
  return found;
}
