/** Our training step and PyTorch's, one after the other in one run: first the same losses, then the times. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { StoredTensor } from '../../src/tensors/safetensors.js';
import { encodeSafetensors } from '../../src/tensors/safetensors.js';
import { OnnxEngine } from '../../src/training/engines/onnx.js';
import { batchFeeds } from '../../src/training/batches.js';
import { captionStep } from '../../src/training/loss-graph.js';
import { DEFAULT_OPTIMISER } from '../../src/training/optimiser.js';
import { initialParameters } from '../../src/training/initial-parameters.js';
import { withoutMoments } from '../../src/training/progress.js';
import { learningRateAt } from '../../src/training/schedule.js';
import { DEFAULT_SETTINGS } from '../../src/training/settings.js';
import { Reference } from './reference.js';
import type { Workload } from './workload.js';
import { DECODER, drawWorkload, IMAGES } from './workload.js';

const BATCHES = 20;
/** Largest difference of the two losses of a step, relative to PyTorch's. */
const TOLERANCE = 1e-3;
/** 20 epochs of Flickr8k: only the start of the schedule is run. */
const TOTAL_STEPS = 3740;
const SEED = 1;

interface Peers {
  readonly workload: Workload;
  readonly ours: OnnxEngine;
  readonly theirs: Reference;
  readonly dropout: boolean;
}

interface PairOfSteps {
  readonly ours: { readonly loss: number; readonly norm: number; readonly ms: number };
  readonly theirs: { readonly loss: number; readonly norm: number; readonly ms: number };
}

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: '.venv/bin/python' },
    rounds: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
  },
});
const threads = Number(options.threads);

const directory = await mkdtemp(join(tmpdir(), 'train-step-'));
try {
  const workload = drawWorkload(BATCHES, SEED);
  await writeFile(join(directory, 'batches.safetensors'), encodeSafetensors(workload.tensors));
  await writeFile(join(directory, 'parameters.safetensors'), encodeSafetensors(startingTensors()));
  const same = await compare(compareLosses, { workload, dropout: false });
  if (same) {
    console.log('PyTorch written for speed:');
    await compare(compareTimes, { workload, dropout: true });
    console.log('\nPyTorch written as one does at first (--padded):');
    await compare(compareTimes, { workload, dropout: true, padded: true });
  } else {
    process.exitCode = 1;
  }
} finally {
  await rm(directory, { recursive: true });
}

interface Comparison {
  readonly workload: Workload;
  readonly dropout: boolean;
  readonly padded?: boolean;
}

async function compare<T>(
  by: (peers: Peers) => Promise<T>,
  { workload, dropout, padded = false }: Comparison,
): Promise<T> {
  const { labelSmoothing } = DEFAULT_SETTINGS;
  const theirs = await Reference.start({
    python: options.python,
    script: join('bench', 'train-step', 'reference.py'),
    parameters: join(directory, 'parameters.safetensors'),
    batches: join(directory, 'batches.safetensors'),
    dropout: dropout ? 0.5 : 0,
    threads,
    padded,
  });
  const ours = await OnnxEngine.create(
    captionStep({
      decoder: DECODER,
      images: IMAGES,
      profile: workload.profile,
      loss: { dropout: dropout ? 0.5 : 0, labelSmoothing },
      optimiser: DEFAULT_OPTIMISER,
    }),
    withoutMoments(initialParameters(DECODER, SEED)),
    { threads },
  );
  try {
    return await by({ workload, ours, theirs, dropout });
  } finally {
    await ours.close();
    await theirs.close();
  }
}

function startingTensors(): Map<string, StoredTensor> {
  const { shapes } = DECODER;
  return new Map(
    [...withoutMoments(initialParameters(DECODER, SEED))].map(([name, { parameter }]) => [
      name,
      { type: 'F32', shape: shapes[name] ?? [], data: new Float32Array(parameter) },
    ]),
  );
}

async function compareLosses(peers: Peers): Promise<boolean> {
  let worst = 0;
  for (let step = 1; step <= BATCHES; step++) {
    const { ours, theirs } = await bothStep(peers, step);
    const difference = Math.abs(ours.loss - theirs.loss) / theirs.loss;
    // A loss that is no number differs by more than any tolerance.
    worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
    console.log(
      `step ${step}: loss ${ours.loss.toFixed(6)}, PyTorch ${theirs.loss.toFixed(6)}; ` +
        `gradient norm ${ours.norm.toFixed(6)}, PyTorch ${theirs.norm.toFixed(6)}`,
    );
  }
  console.log(
    `without dropout the losses differ by at most ${worst.toExponential(1)} of their value (allowed: ${TOLERANCE})\n`,
  );
  return worst <= TOLERANCE;
}

async function compareTimes(peers: Peers): Promise<void> {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  console.log(`${processor}, ${threads} threads, Node ${process.version}, PyTorch ${peers.theirs.version}`);
  console.log(`load average before: ${describeLoad()}`);
  // The first round is not counted: it compiles the graphs and fills both allocators.
  const pairs: PairOfSteps[] = [];
  const rounds = 1 + Number(options.rounds);
  for (let step = 1; step <= rounds * BATCHES; step++) {
    const pair = await bothStep(peers, step);
    if (step > BATCHES) pairs.push(pair);
  }
  report(
    'ours   ',
    pairs.map(({ ours }) => ours.ms),
  );
  report(
    'PyTorch',
    pairs.map(({ theirs }) => theirs.ms),
  );
  const ofMedians = median(pairs.map(({ ours }) => ours.ms)) / median(pairs.map(({ theirs }) => theirs.ms));
  const ofPairs = median(pairs.map(({ ours, theirs }) => ours.ms / theirs.ms));
  const pairCount = `median over ${pairs.length} pairs`;
  console.log(`ours / PyTorch: ${ofMedians.toFixed(3)} (of the medians), ${ofPairs.toFixed(3)} (${pairCount})`);
  console.log(`load average after: ${describeLoad()}; where it is far above ${threads}, others were computing too`);
}

/** One step of each on the same batch; the two take turns in going first. */
async function bothStep({ workload, ours, theirs, dropout }: Peers, step: number): Promise<PairOfSteps> {
  const batch = (step - 1) % BATCHES;
  const rate = learningRateAt(step, TOTAL_STEPS, DEFAULT_SETTINGS.learningRate, DEFAULT_SETTINGS.warmUpSteps);
  const stepOurs = async () => {
    const started = performance.now();
    const result = await ours.step(batchFeeds(workload.assemble(batch, step, dropout)), rate, step);
    return { ...result, ms: performance.now() - started };
  };
  if (step % 2 === 0) {
    const second = await theirs.step(batch, rate);
    return { ours: await stepOurs(), theirs: second };
  }
  const first = await stepOurs();
  return { ours: first, theirs: await theirs.step(batch, rate) };
}

function report(name: string, times: readonly number[]): void {
  const ms = (share: number) => Math.round(quantile(times, share));
  console.log(`${name}: median ${ms(0.5)} ms a step, quartiles ${ms(0.25)} and ${ms(0.75)}, least ${ms(0)}`);
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? NaN;
}

function describeLoad(): string {
  return loadavg()
    .map((load) => load.toFixed(2))
    .join(' ');
}
