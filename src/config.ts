/**
 * Configuration: environment variables turned into one typed, immutable object. Every variable is declared once, in
 * `variables`, with its default and the sentence that `ekphrasis --help` prints.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import proxyAddress from 'proxy-addr';
import { z } from 'zod';
import { parseScopes, type Scope } from './access/scopes.js';
import { EkphrasisError, ErrorCode } from './errors.js';
import { DEFAULT_RESERVE_BYTES } from './files/free-space.js';
import { systemCode } from './files/storage-failure.js';
import { type FetchRules, parseExceptions } from './network/reachable.js';
import { DEVICES, ENGINES, type EngineWish } from './training/settings.js';

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(minimum, `must be at least ${minimum}`).max(maximum, `must be at most ${maximum}`));

/** A text that a function reads; it throws where it cannot. */
const readBy = <T>(read: (text: string) => T) =>
  z.string().transform((text, context): T => {
    try {
      return read(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `cannot be used: ${reason}` });
      return z.NEVER;
    }
  });

const scopeList = () => readBy(parseScopes);

function parseProxies(text: string): readonly string[] {
  const proxies = listed(text);
  proxyAddress.compile(proxies);
  return proxies;
}

function parsePorts(text: string): readonly number[] {
  return listed(text).map((digits) => {
    const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
    if (port < 1 || port > 65_535) throw new RangeError(`${digits} is no port`);
    return port;
  });
}

/** The entries of a list with commas. */
function listed(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

const GIBIBYTE = 2 ** 30;
/** Of more than a million photos the regions, or of a hundred thousand the small copies, too. */
const DEFAULT_CACHE_BYTES = 10 * GIBIBYTE;

/** Of a variable that holds a secret: NAME_FILE, as containers are handed secrets in files. See `readSecretFiles`. */
const secretFile = (name: string) =>
  z.string().optional().describe(`A file with ${name}, in place of the variable itself.`);

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
    .describe(
      'Names, separated by commas, under which a server on 127.0.0.1 may be reached besides localhost, as by a proxy.',
    ),
  ALLOW_ANONYMOUS: scopeList()
    .optional()
    .describe(
      'What everybody may do without a key, such as read,caption. Default: nothing; on 127.0.0.1 everything until the first key is made.',
    ),
  FIRST_ADMIN_KEY: z
    .enum(['log'], { error: 'must be log' })
    .optional()
    .describe('With log, a server that finds no usable admin key makes one at its start and prints it, once.'),
  TRUSTED_PROXIES: readBy(parseProxies)
    .default([])
    .describe(
      'Addresses and networks of reverse proxies, with commas between them, whose X-Forwarded-For, X-Forwarded-Proto and USER_HEADER count.',
    ),
  USER_HEADER: z
    .string()
    .regex(/^[\w-]+$/, 'must be the name of a header')
    .optional()
    .describe('Header in which a trusted proxy names the person whom it has signed in, such as x-forwarded-user.'),
  USER_SCOPES: scopeList().default(['read']).describe('What such people may do.'),
  GRAPHQL_EXPLORER: z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .optional()
    .describe(
      'Whether browsers find an explorer for developers at /graphql. Default: on, but off where NODE_ENV is production.',
    ),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .refine((url) => URL.canParse(url.replace('@/', '@localhost/')), {
      error: 'is no address: a password with other characters than letters and digits goes into DATABASE_PASSWORD',
    })
    .optional()
    .describe('A PostgreSQL with pgvector, instead of the embedded database.'),
  DATABASE_URL_FILE: secretFile('DATABASE_URL'),
  DATABASE_PASSWORD: z.string().optional().describe('The password for DATABASE_URL, with any characters as they are.'),
  DATABASE_PASSWORD_FILE: secretFile('DATABASE_PASSWORD'),
  ENCODER: z
    .string()
    .regex(/\.onnx$/i, 'must be a file that ends in .onnx')
    .optional()
    .describe(
      'A network that sees in place of VGG16: an .onnx file with a .json of the same name beside it. Models are of one encoder.',
    ),
  VGG16_WEIGHTS: z
    .string()
    .optional()
    .describe(
      "A file with VGG16's weights (.safetensors, .onnx, .ckpt), or random:SEED for a small random encoder in tests.",
    ),
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
    .describe(
      'Clients of the API may import folders below this one, and add them as libraries; it must be there where the worker runs. Default: they may do neither.',
    ),
  FETCH_URLS: z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .default('on')
    .describe('Whether the server goes to addresses that clients name: for photos, and to tell webhooks.'),
  FETCH_PORTS: readBy(parsePorts)
    .default([80, 443])
    .describe('Ports of public addresses that it goes to, with commas between them.'),
  FETCH_ALLOW: readBy(parseExceptions)
    .optional()
    .describe(
      'Names, addresses and networks, with commas between them, that it goes to though they are not public, such as nas.lan,10.0.0.0/8,127.0.0.1:8080. Default: none.',
    ),
  JOB_LEASE_SECONDS: wholeNumber(2, 3600)
    .default(60)
    .describe(
      'Seconds without a sign of life after which a worker counts as lost and its work is given to another. A training waits as long for a lost database.',
    ),
  WORKER_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe('Port at which ekphrasis worker serves /livez, /readyz and /metrics. Default: it serves nothing.'),
  TRAIN_ENGINE: z
    .enum(ENGINES, { error: `must be one of ${ENGINES.join(', ')}` })
    .default('onnx')
    .describe(
      'What computes trainings: onnx, or tensorflow where @tensorflow/tfjs-node or tfjs-node-gpu is installed.',
    ),
  DEVICE: z
    .enum(DEVICES, { error: `must be one of ${DEVICES.join(', ')}` })
    .default('auto')
    .describe(
      'What trainings are computed on: auto, cpu, cuda or webgpu. auto takes CUDA where it works, else the CPU.',
    ),
  DISK_RESERVE_BYTES: wholeNumber(0, 2 ** 40)
    .default(DEFAULT_RESERVE_BYTES)
    .describe(
      'Bytes of the disk that stay free: with less, nothing new is stored, while search and reading go on. 0 turns the check off.',
    ),
  TRASH_DAYS: wholeNumber(0, 3650)
    .default(30)
    .describe('Days in which deleted photos, data sets and models can be brought back; 0: they are gone at once.'),
  CACHE_MAX_BYTES: wholeNumber(0, 2 ** 50)
    .default(DEFAULT_CACHE_BYTES)
    .describe(
      'Bytes of region features and small copies that are kept; what nobody read for longest goes first, and is made again when it is wanted. 0: any number.',
    ),
  WATCHDOG_SECONDS: wholeNumber(0, 86_400)
    .default(60)
    .describe(
      'Seconds that a server, a worker or their inference process may stand before it is ended, to be started again; 0: for ever.',
    ),
  MAX_UPLOAD_BYTES: wholeNumber(1, GIBIBYTE)
    .default(32 * 2 ** 20)
    .describe('Largest photo in bytes that is read.'),
  MAX_PIXELS: wholeNumber(1, GIBIBYTE).default(40_000_000).describe('Largest photo in pixels that is decoded.'),
  MAX_SOCKETS: wholeNumber(1, 100_000)
    .default(1000)
    .describe('WebSocket connections at a time; one has up to 20 subscriptions. More are refused with status 503.'),
  MAX_SOCKETS_PER_CLIENT: wholeNumber(1, 100_000)
    .default(100)
    .describe('Of these, connections of one address, and of one key. More are refused with status 429.'),
  REQUESTS_PER_MINUTE: wholeNumber(0, 1_000_000_000)
    .default(6000)
    .describe('Requests of one address, and of one key, in a minute. More are refused with status 429. 0: any number.'),
  UPLOADS_PER_MINUTE: wholeNumber(0, 1_000_000_000)
    .default(600)
    .describe('Requests with photos of one address or key in a minute. 0: any number.'),
  COST_PER_MINUTE: wholeNumber(0, 1_000_000_000)
    .default(6_000_000)
    .describe(
      'Cost of the operations of one address or key in a minute, in tenths of a millisecond of a processor. 0: any.',
    ),
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
  /** Where the server goes for its clients. */
  readonly fetching: FetchRules;
  /** In seconds. */
  readonly jobLease: number;
  /** Bytes of the disk that stay free. */
  readonly diskReserve: number;
  /** TRASH_DAYS. */
  readonly trashDays: number;
  /** Bytes that regions and small copies have at most; 0: any number. */
  readonly cacheBytes: number;
  /** How long a process may stand before it is ended; 0: for ever. */
  readonly watchdogSeconds: number;
  /** Where a worker tells whether it can work, and its metrics. */
  readonly workerPort: number | undefined;
  /** What trainings are computed with, where a training does not say. */
  readonly compute: EngineWish;
  /** Who may do what. */
  readonly access: {
    /** What everybody may do without a key. Undefined: nothing was said. */
    readonly anonymous: readonly Scope[] | undefined;
    /** Whether an admin key is made where none is usable. */
    readonly firstKey: boolean;
    /** Proxies whose headers count: addresses and networks. */
    readonly proxies: readonly string[];
    /** The header in which they name a person, in lower case. */
    readonly userHeader: string | undefined;
    readonly userScopes: readonly Scope[];
  };
  readonly limits: {
    readonly maximumBytes: number;
    readonly maximumPixels: number;
    readonly maximumSockets: number;
    readonly socketsPerClient: number;
    /** Of one client, in one server; 0: any number. */
    readonly perMinute: { readonly requests: number; readonly uploads: number; readonly cost: number };
  };
  readonly logLevel: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
}

/**
 * Reads the configuration. A variable that is empty counts as not set; unknown variables are ignored.
 *
 * @throws INVALID_CONFIGURATION that names every bad variable at once
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = new Map(
    Object.entries(env).flatMap(([name, value]) => (value === undefined || value.trim() === '' ? [] : [[name, value]])),
  );
  const faults = readSecretFiles(given);
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success || faults.length > 0) {
    faults.push(...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`));
    throw unusable(faults);
  }
  const values = parsed.data;
  if (values.USER_HEADER !== undefined && values.TRUSTED_PROXIES.length === 0) {
    throw unusable(['USER_HEADER needs TRUSTED_PROXIES, as anybody can send a header']);
  }
  return Object.freeze({
    dataDirectory: resolve(values.EKPHRASIS_DATA),
    cacheDirectory: resolve(
      values.EKPHRASIS_CACHE ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'ekphrasis'),
    ),
    host: values.HOST,
    port: values.PORT,
    allowedHosts: Object.freeze(listed(values.ALLOWED_HOSTS.toLowerCase())),
    explorer: (values.GRAPHQL_EXPLORER ?? (env['NODE_ENV'] === 'production' ? 'off' : 'on')) === 'on',
    databaseUrl: withPassword(values.DATABASE_URL, values.DATABASE_PASSWORD),
    encoder: values.ENCODER === undefined ? undefined : resolve(values.ENCODER),
    weights: Object.freeze({ source: values.VGG16_WEIGHTS, url: values.VGG16_WEIGHTS_URL }),
    precision: values.VGG16_PRECISION,
    importRoot: values.IMPORT_ROOT === undefined ? undefined : resolve(values.IMPORT_ROOT),
    fetching: Object.freeze({
      allowed: values.FETCH_URLS === 'on',
      ports: values.FETCH_PORTS,
      exceptions: values.FETCH_ALLOW ?? [],
    }),
    jobLease: values.JOB_LEASE_SECONDS,
    workerPort: values.WORKER_PORT,
    compute: Object.freeze({ engine: values.TRAIN_ENGINE, device: values.DEVICE }),
    access: Object.freeze({
      anonymous: values.ALLOW_ANONYMOUS,
      firstKey: values.FIRST_ADMIN_KEY === 'log',
      proxies: values.TRUSTED_PROXIES,
      userHeader: values.USER_HEADER?.toLowerCase(),
      userScopes: values.USER_SCOPES,
    }),
    diskReserve: values.DISK_RESERVE_BYTES,
    trashDays: values.TRASH_DAYS,
    cacheBytes: values.CACHE_MAX_BYTES,
    watchdogSeconds: values.WATCHDOG_SECONDS,
    limits: Object.freeze({
      maximumBytes: values.MAX_UPLOAD_BYTES,
      maximumPixels: values.MAX_PIXELS,
      maximumSockets: values.MAX_SOCKETS,
      socketsPerClient: values.MAX_SOCKETS_PER_CLIENT,
      perMinute: Object.freeze({
        requests: values.REQUESTS_PER_MINUTE,
        uploads: values.UPLOADS_PER_MINUTE,
        cost: values.COST_PER_MINUTE,
      }),
    }),
    logLevel: values.LOG_LEVEL,
  });
}

/**
 * Puts the contents of files that are named by a variable NAME_FILE where NAME would stand.
 *
 * @returns what is wrong with them
 */
function readSecretFiles(given: Map<string, string>): string[] {
  return Object.keys(variables).flatMap((variable) => {
    const name = variable.replace(/_FILE$/, '');
    const file = given.get(variable);
    if (name === variable || !(name in variables) || file === undefined) return [];
    if (given.has(name)) return [`${name} and ${variable} are both set`];
    try {
      const secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
      if (secret === '') return [`${variable} names an empty file`];
      given.set(name, secret);
      return [];
    } catch (error) {
      return [`${variable} names a file that cannot be read (${systemCode(error) ?? 'it is none'})`];
    }
  });
}

/** The address with a password whose characters mean nothing there. */
function withPassword(url: string | undefined, password: string | undefined): string | undefined {
  if (password === undefined) return url;
  if (url === undefined) throw unusable(['DATABASE_PASSWORD needs DATABASE_URL']);
  const [, scheme = '', user, colon, rest = ''] = /^(\w+:\/\/)(?:([^@/:]*)(:[^@/]*)?@)?(.*)$/.exec(url) ?? [];
  if (user === undefined) throw unusable(['DATABASE_PASSWORD needs a user in DATABASE_URL']);
  if (colon !== undefined) throw unusable(['DATABASE_URL has a password, and DATABASE_PASSWORD is set too']);
  return `${scheme}${user}:${encodeURIComponent(password)}@${rest}`;
}

function unusable(faults: readonly string[]): EkphrasisError {
  const message = `The configuration cannot be used: ${faults.join('; ')}.`;
  return new EkphrasisError(ErrorCode.InvalidConfiguration, message);
}

/** Every variable with its meaning and default, one a line, for `ekphrasis --help`. */
export function describeVariables(): string {
  const width = Math.max(...Object.keys(variables).map((name) => name.length)) + 2;
  const defaults = schema.parse({});
  return Object.entries(variables)
    .map(([name, type]) => {
      // No default is an object.
      const value = defaults[name as keyof typeof defaults] as
        string | number | readonly (string | number)[] | undefined;
      const fallback = value === undefined || String(value) === '' ? '' : ` Default: ${String(value)}.`;
      return `  ${name.padEnd(width)}${type.description ?? ''}${fallback}`;
    })
    .join('\n');
}
