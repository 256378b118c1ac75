/**
 * Configuration: environment variables turned into one typed, immutable object. Every variable is declared once, in
 * `variables`, with its default and the sentence that `ekphrasis --help` prints.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from './errors.js';
import { DEVICES, ENGINES, type EngineWish } from './training/settings.js';

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(minimum, `must be at least ${minimum}`).max(maximum, `must be at most ${maximum}`));

const GIBIBYTE = 2 ** 30;

const variables = {
  EKPHRASIS_DATA: z
    .string()
    .default('./data')
    .describe('Folder of all state: the embedded database, region features, checkpoints.'),
  EKPHRASIS_CACHE: z
    .string()
    .optional()
    .describe("Folder of downloads that can be fetched again, such as VGG16's weights. Default: ~/.cache/ekphrasis."),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on; 0.0.0.0 opens the server to the network.'),
  PORT: wholeNumber(0, 65_535).default(4000).describe('Port of HTTP and WebSocket; 0 picks a free one.'),
  ALLOWED_HOSTS: z
    .string()
    .default('')
    .describe('Names, separated by commas, under which a server on 127.0.0.1 may be reached besides localhost, as by a proxy.'),
  GRAPHQL_EXPLORER: z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .optional()
    .describe('Whether browsers find an explorer for developers at /graphql. Default: on, but off where NODE_ENV is production.'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional()
    .describe('A PostgreSQL with pgvector, instead of the embedded database.'),
  ENCODER: z
    .string()
    .regex(/\.onnx$/i, 'must be a file that ends in .onnx')
    .optional()
    .describe('A network that sees in place of VGG16: an .onnx file with a .json of the same name beside it. Models are of one encoder.'),
  VGG16_WEIGHTS: z
    .string()
    .optional()
    .describe("A file with VGG16's weights (.safetensors, .onnx, .ckpt), or random:SEED for a small random encoder in tests."),
  VGG16_WEIGHTS_URL: z
    .url({ protocol: /^https?$/, error: 'must be a http:// or https:// address' })
    .optional()
    .describe('A mirror of the safetensors file with the weights; checksums decide whether it is right.'),
  VGG16_PRECISION: z
    .enum(['int8', 'fp32'], { error: 'must be int8 or fp32' })
    .default('int8')
    .describe('Arithmetic of VGG16. Features and models of one precision do not fit the other.'),
  IMPORT_ROOT: z
    .string()
    .optional()
    .describe('Clients of the API may have folders below this one imported; none without. It is looked for where the worker runs.'),
  JOB_LEASE_SECONDS: wholeNumber(2, 3600)
    .default(60)
    .describe('Silence after which a worker counts as lost and its work is given to another; a training waits as long for a lost database.'),
  TRAIN_ENGINE: z
    .enum(ENGINES, { error: `must be one of ${ENGINES.join(', ')}` })
    .default('onnx')
    .describe('What computes trainings: onnx, or tensorflow where @tensorflow/tfjs-node or tfjs-node-gpu is installed.'),
  DEVICE: z
    .enum(DEVICES, { error: `must be one of ${DEVICES.join(', ')}` })
    .default('auto')
    .describe('What trainings are computed on: auto, cpu, cuda or webgpu. auto takes CUDA where it works, else the CPU.'),
  MAX_UPLOAD_BYTES: wholeNumber(1, GIBIBYTE)
    .default(32 * 2 ** 20)
    .describe('Largest photo in bytes that is read.'),
  MAX_PIXELS: wholeNumber(1, GIBIBYTE)
    .default(40_000_000)
    .describe('Largest photo in pixels that is decoded.'),
  MAX_SOCKETS: wholeNumber(1, 100_000)
    .default(1000)
    .describe('WebSocket connections at a time; one has up to 20 subscriptions. More are refused with status 503.'),
  LOG_LEVEL: z
    .enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
      error: 'must be one of silent, fatal, error, warn, info, debug, trace',
    })
    .default('info')
    .describe('How much the server logs.'),
};

const schema = z.object(variables);

/** What the program is told from outside. Paths are absolute. */
export interface Config {
  readonly dataDirectory: string;
  readonly cacheDirectory: string;
  readonly host: string;
  readonly port: number;
  /** Names besides localhost under which a server that listens on this machine only may be reached. */
  readonly allowedHosts: readonly string[];
  /** Whether the GraphQL explorer is served. */
  readonly explorer: boolean;
  /** Undefined: the embedded database inside `dataDirectory`. */
  readonly databaseUrl: string | undefined;
  /** The .onnx file of the encoder. Undefined: VGG16. */
  readonly encoder: string | undefined;
  readonly weights: { readonly source: string | undefined; readonly url: string | undefined };
  readonly precision: 'int8' | 'fp32';
  /** Folder below which clients may have folders imported. */
  readonly importRoot: string | undefined;
  /** In seconds. */
  readonly jobLease: number;
  /** What trainings are computed with, where a training does not say. */
  readonly compute: EngineWish;
  readonly limits: { readonly maximumBytes: number; readonly maximumPixels: number; readonly maximumSockets: number };
  readonly logLevel: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
}

/**
 * Reads the configuration. A variable that is empty counts as not set; unknown variables are ignored.
 *
 * @throws INVALID_CONFIGURATION that names every bad variable at once
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw new EkphrasisError(ErrorCode.InvalidConfiguration, `The configuration cannot be used: ${faults.join('; ')}.`);
  }
  const values = parsed.data;
  return Object.freeze({
    dataDirectory: resolve(values.EKPHRASIS_DATA),
    cacheDirectory: resolve(values.EKPHRASIS_CACHE ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ekphrasis')),
    host: values.HOST,
    port: values.PORT,
    allowedHosts: Object.freeze(values.ALLOWED_HOSTS.split(',').map((name) => name.trim().toLowerCase()).filter((name) => name !== '')),
    explorer: (values.GRAPHQL_EXPLORER ?? (env['NODE_ENV'] === 'production' ? 'off' : 'on')) === 'on',
    databaseUrl: values.DATABASE_URL,
    encoder: values.ENCODER === undefined ? undefined : resolve(values.ENCODER),
    weights: Object.freeze({ source: values.VGG16_WEIGHTS, url: values.VGG16_WEIGHTS_URL }),
    precision: values.VGG16_PRECISION,
    importRoot: values.IMPORT_ROOT === undefined ? undefined : resolve(values.IMPORT_ROOT),
    jobLease: values.JOB_LEASE_SECONDS,
    compute: Object.freeze({ engine: values.TRAIN_ENGINE, device: values.DEVICE }),
    limits: Object.freeze({ maximumBytes: values.MAX_UPLOAD_BYTES, maximumPixels: values.MAX_PIXELS, maximumSockets: values.MAX_SOCKETS }),
    logLevel: values.LOG_LEVEL,
  });
}

/** Every variable with its meaning and default, one a line, for `ekphrasis --help`. */
export function describeVariables(): string {
  const width = Math.max(...Object.keys(variables).map((name) => name.length)) + 2;
  const defaults = schema.parse({});
  return Object.entries(variables)
    .map(([name, type]) => {
      const value = defaults[name as keyof typeof defaults];
      const fallback = value === undefined || value === '' ? '' : ` Default: ${value}.`;
      return `  ${name.padEnd(width)}${type.description ?? ''}${fallback}`;
    })
    .join('\n');
}
