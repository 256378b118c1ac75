/**
 * Every metric of a process, in Prometheus' words: a new one is declared here, and told of where it is known. What a
 * database or a disk knows is asked for when somebody reads the metrics.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { within } from './readiness.js';

/** What the inference process is asked to do. */
export type InferenceCall = 'encode' | 'render' | 'caption' | 'embedTexts' | 'embedImages';

/** What was made once and is kept on the disk. */
export type Cache = 'regions' | 'thumbnails';

/** What is in a queue, see `QueueState` of the queues. */
interface Queue {
  readonly kind: string;
  readonly waiting: number;
  readonly leased: number;
  readonly dead: number;
  readonly oldestSeconds: number;
  readonly silentSeconds: number;
}

/** What is asked for when the metrics are read. */
export interface Sources {
  readonly queues: () => Promise<readonly Queue[]>;
  /** Jobs and trainings that are not at their end, by kind and state. */
  readonly jobs: () => Promise<readonly { readonly kind: string; readonly state: string; readonly count: number }[]>;
  /** Those that answer now. */
  readonly models: () => Promise<readonly { readonly task: string; readonly id: string; readonly name: string }[]>;
  readonly disk: () => Promise<{ readonly freeBytes: number; readonly reserveBytes: number }>;
  /** Work that waits for the inference process. */
  readonly inferenceQueue: () => number;
}

/** Of one source. Those of the others are told all the same. */
const PATIENCE_MILLISECONDS = 5000;

const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
const INFERENCE_SECONDS = [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

export class Measures {
  private readonly registry = new Registry();
  private readonly registers = [this.registry];
  private sources: Sources | undefined;
  private hasDefaults = false;

  /** Of requests over HTTP, by method, route and status; 499 when the client went away before the answer. */
  readonly requests = new Histogram({
    name: 'ekphrasis_http_request_duration_seconds',
    help: 'Requests over HTTP, from their first line to the end of the answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_SECONDS,
    registers: this.registers,
  });
  /** By code. GraphQL answers many of them with status 200. */
  readonly errors = new Counter({
    name: 'ekphrasis_errors_total',
    help: 'Errors that clients were told of, by their codes.',
    labelNames: ['code'],
    registers: this.registers,
  });
  private readonly inference = new Histogram({
    name: 'ekphrasis_inference_duration_seconds',
    help: 'Calls of the inference process: encode is the encoder, caption the decoder with its judge, embedTexts and embedImages the search model.',
    labelNames: ['call'],
    buckets: INFERENCE_SECONDS,
    registers: this.registers,
  });
  private readonly items = new Counter({
    name: 'ekphrasis_inference_items_total',
    help: 'Photos or sentences that the inference process has answered for, by call.',
    labelNames: ['call'],
    registers: this.registers,
  });
  private readonly captions = new Counter({
    name: 'ekphrasis_captions_written_total',
    help: 'Photos that a caption was written for, also by evaluations.',
    registers: this.registers,
  });
  private readonly caches = new Counter({
    name: 'ekphrasis_cache_reads_total',
    help: 'Reads of what is kept on the disk: hits and misses.',
    labelNames: ['cache', 'result'],
    registers: this.registers,
  });
  private readonly waiting = this.gauge('ekphrasis_queue_waiting', 'Entries of a queue that wait.', ['kind']);
  private readonly oldest = this.gauge(
    'ekphrasis_queue_oldest_seconds',
    'Age of the oldest entry that waits; 0 where none waits.',
    ['kind'],
  );
  private readonly leased = this.gauge('ekphrasis_queue_leases', 'Entries of a queue that workers have.', ['kind']);
  private readonly silent = this.gauge(
    'ekphrasis_queue_lease_silent_seconds',
    'Since the last sign of life of a worker that has an entry, the longest; above JOB_LEASE_SECONDS it counts as lost.',
    ['kind'],
  );
  private readonly dead = this.gauge('ekphrasis_queue_dead', 'Entries that failed for good.', ['kind']);
  private readonly jobs = this.gauge('ekphrasis_jobs', 'Jobs and trainings that are not at their end.', [
    'kind',
    'state',
  ]);
  private readonly models = this.gauge('ekphrasis_model_info', 'The models in use; the value is always 1.', [
    'task',
    'id',
    'name',
  ]);
  private readonly freeBytes = this.gauge('ekphrasis_disk_free_bytes', 'Free bytes of the disk of EKPHRASIS_DATA.');
  private readonly reserveBytes = this.gauge(
    'ekphrasis_disk_reserve_bytes',
    'With less than this free, nothing new is stored.',
  );
  private readonly inferenceQueue = this.gauge(
    'ekphrasis_inference_queue',
    'Work that waits for the inference process.',
  );
  private readonly failures = this.gauge(
    'ekphrasis_scrape_failed',
    '1 for what could not be asked for: its metrics are left out.',
    ['source'],
  );

  /** Media type of `text`. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** A call of the inference process that was answered. @param count photos or sentences of it */
  inferred(call: InferenceCall, seconds: number, count: number): void {
    this.inference.observe({ call }, seconds);
    this.items.inc({ call }, count);
    if (call === 'caption') this.captions.inc(count);
  }

  /** @returns a function to be told of each read, whether it found something */
  readsOf(cache: Cache): (found: boolean) => void {
    for (const result of ['hit', 'miss']) this.caches.inc({ cache, result }, 0);
    return (found) => {
      this.caches.inc({ cache, result: found ? 'hit' : 'miss' });
    };
  }

  askAt(sources: Sources): void {
    this.sources = sources;
  }

  /** All of them as Prometheus reads them. */
  async text(): Promise<string> {
    if (!this.hasDefaults) collectDefaultMetrics({ register: this.registry });
    this.hasDefaults = true;
    if (this.sources) await this.ask(this.sources);
    return this.registry.metrics();
  }

  private async ask({ queues, jobs, models, disk, inferenceQueue }: Sources): Promise<void> {
    this.inferenceQueue.set(inferenceQueue());
    await Promise.all([
      this.askFor('queues', queues, [this.waiting, this.oldest, this.leased, this.silent, this.dead], (states) => {
        for (const { kind, waiting, oldestSeconds, leased, silentSeconds, dead } of states) {
          this.waiting.set({ kind }, waiting);
          this.oldest.set({ kind }, oldestSeconds);
          this.leased.set({ kind }, leased);
          this.silent.set({ kind }, silentSeconds);
          this.dead.set({ kind }, dead);
        }
      }),
      this.askFor('jobs', jobs, [this.jobs], (counts) => {
        for (const { kind, state, count } of counts) this.jobs.set({ kind, state }, count);
      }),
      this.askFor('models', models, [this.models], (used) => {
        for (const { task, id, name } of used) this.models.set({ task, id, name }, 1);
      }),
      this.askFor('disk', disk, [], ({ freeBytes, reserveBytes }) => {
        this.freeBytes.set(freeBytes);
        this.reserveBytes.set(reserveBytes);
      }),
    ]);
  }

  /** @param gauges which are emptied first: what is gone, such as a model, is not told any more */
  private async askFor<T>(
    source: string,
    read: () => Promise<T>,
    gauges: readonly Gauge[],
    tell: (value: T) => void,
  ): Promise<void> {
    const value = await within(PATIENCE_MILLISECONDS, read()).then(
      (known) => ({ known }),
      () => undefined,
    );
    for (const gauge of gauges) gauge.reset();
    this.failures.set({ source }, value ? 0 : 1);
    if (value) tell(value.known);
  }

  private gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: this.registers });
  }
}
