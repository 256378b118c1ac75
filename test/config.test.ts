import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeVariables, loadConfig } from '../src/config.js';

/** As the driver reads it. */
function parseConnectionString(connectionString: string): object {
  const { user, password, host, database } = new pg.Client({ connectionString });
  return { user, password, host, database };
}

test('nothing needs to be set', () => {
  expect(loadConfig({})).toMatchObject({
    dataDirectory: resolve('./data'),
    host: '127.0.0.1',
    port: 4000,
    databaseUrl: undefined,
    precision: 'int8',
    compute: { engine: 'onnx', device: 'auto' },
    logLevel: 'info',
  });
});

test('an empty variable counts as not set', () => {
  expect(loadConfig({ PORT: '', DATABASE_URL: ' ', VGG16_PRECISION: '' })).toEqual(loadConfig({}));
});

test('every variable that is set is taken over', () => {
  const config = loadConfig({
    EKPHRASIS_DATA: 'elsewhere',
    EKPHRASIS_CACHE: 'downloads',
    HOST: '0.0.0.0',
    PORT: '0',
    ALLOWED_HOSTS: 'Photos.example, proxy.example',
    ALLOW_ANONYMOUS: 'read, caption',
    FIRST_ADMIN_KEY: 'log',
    TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8',
    USER_HEADER: 'X-Forwarded-User',
    USER_SCOPES: 'write',
    GRAPHQL_EXPLORER: 'off',
    DATABASE_URL: 'postgresql://someone@db:5432/photos',
    ENCODER: 'networks/resnet50.onnx',
    VGG16_WEIGHTS: 'random:7',
    VGG16_WEIGHTS_URL: 'https://mirror.example/vgg16.safetensors',
    VGG16_PRECISION: 'fp32',
    IMPORT_ROOT: 'pictures',
    FETCH_URLS: 'off',
    FETCH_PORTS: '443, 8443',
    FETCH_ALLOW: 'NAS.lan, hooks.lan:8080, 10.0.0.0/8, 0x7f.1:9000, [fd00::1]:80, fd00::2',
    JOB_LEASE_SECONDS: '30',
    WORKER_PORT: '9464',
    TRAIN_ENGINE: 'tensorflow',
    DEVICE: 'cuda',
    DISK_RESERVE_BYTES: '500',
    CACHE_MAX_BYTES: '700',
    TRASH_DAYS: '7',
    WATCHDOG_SECONDS: '120',
    MAX_UPLOAD_BYTES: '1000',
    MAX_PIXELS: '2000',
    MAX_SOCKETS: '3000',
    MAX_SOCKETS_PER_CLIENT: '40',
    REQUESTS_PER_MINUTE: '50',
    UPLOADS_PER_MINUTE: '60',
    COST_PER_MINUTE: '70',
    LOG_LEVEL: 'debug',
  });
  expect(config).toEqual({
    dataDirectory: resolve('elsewhere'),
    cacheDirectory: resolve('downloads'),
    host: '0.0.0.0',
    port: 0,
    allowedHosts: ['photos.example', 'proxy.example'],
    explorer: false,
    databaseUrl: 'postgresql://someone@db:5432/photos',
    encoder: resolve('networks/resnet50.onnx'),
    weights: { source: 'random:7', url: 'https://mirror.example/vgg16.safetensors' },
    precision: 'fp32',
    importRoot: resolve('pictures'),
    fetching: {
      allowed: false,
      ports: [443, 8443],
      exceptions: [
        { name: 'nas.lan' },
        { name: 'hooks.lan', port: 8080 },
        { network: '10.0.0.0/8' },
        { network: '127.0.0.1/32', port: 9000 },
        { network: 'fd00::1/128', port: 80 },
        { network: 'fd00::2/128' },
      ],
    },
    jobLease: 30,
    workerPort: 9464,
    compute: { engine: 'tensorflow', device: 'cuda' },
    access: {
      anonymous: ['read', 'caption'],
      firstKey: true,
      proxies: ['127.0.0.1', '10.0.0.0/8'],
      userHeader: 'x-forwarded-user',
      userScopes: ['write'],
    },
    diskReserve: 500,
    cacheBytes: 700,
    trashDays: 7,
    watchdogSeconds: 120,
    limits: {
      maximumBytes: 1000,
      maximumPixels: 2000,
      maximumSockets: 3000,
      socketsPerClient: 40,
      perMinute: { requests: 50, uploads: 60, cost: 70 },
    },
    logLevel: 'debug',
  });
});

test('the explorer is for development: off where NODE_ENV is production, unless it is asked for', () => {
  expect(loadConfig({}).explorer).toBe(true);
  expect(loadConfig({ NODE_ENV: 'production' }).explorer).toBe(false);
  expect(loadConfig({ NODE_ENV: 'production', GRAPHQL_EXPLORER: 'on' }).explorer).toBe(true);
});

test('every bad variable is named in one error', () => {
  const load = () =>
    loadConfig({
      PORT: '70000',
      ALLOW_ANONYMOUS: 'read,everything',
      FIRST_ADMIN_KEY: 'secret',
      TRUSTED_PROXIES: '10.0.0.0/99',
      USER_HEADER: 'x forwarded user',
      USER_SCOPES: 'none',
      DATABASE_URL: 'mysql://db',
      VGG16_PRECISION: 'fp16',
      ENCODER: 'resnet50.pt',
      MAX_PIXELS: 'many',
      TRAIN_ENGINE: 'jax',
      DEVICE: 'tpu',
      LOG_LEVEL: 'loud',
    });
  expect(load).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  for (const name of [
    'PORT',
    'ALLOW_ANONYMOUS',
    'FIRST_ADMIN_KEY',
    'TRUSTED_PROXIES',
    'USER_HEADER',
    'USER_SCOPES',
    'DATABASE_URL',
    'VGG16_PRECISION',
    'ENCODER',
    'MAX_PIXELS',
    'TRAIN_ENGINE',
    'DEVICE',
    'LOG_LEVEL',
  ])
    expect(load).toThrow(name);
});

test('a header that names people counts from trusted proxies only, so it needs them', () => {
  expect(() => loadConfig({ USER_HEADER: 'remote-user' })).toThrow('USER_HEADER needs TRUSTED_PROXIES');
  expect(loadConfig({ USER_HEADER: 'remote-user', TRUSTED_PROXIES: 'loopback' }).access).toMatchObject({
    userHeader: 'remote-user',
    userScopes: ['read'],
  });
});

test.each(['-1', '65536', '80.5', '0x50', 'http', '1e3'])('the port %s is refused', (port) => {
  expect(() => loadConfig({ PORT: port })).toThrow('PORT');
});

describe('secrets', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ekphrasis-secrets-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const url = 'postgresql://someone@db:5432/photos';

  test('are read from the files that NAME_FILE names, without the line feed at their end', async () => {
    const [address, password] = [join(folder, 'address'), join(folder, 'password')];
    await writeFile(address, `${url}\n`);
    await writeFile(password, ' two words \r\n');
    const { databaseUrl = '' } = loadConfig({ DATABASE_URL_FILE: address, DATABASE_PASSWORD_FILE: password });
    expect(decodeURIComponent(new URL(databaseUrl).password)).toBe(' two words ');
  });

  test('a file that is missing, a folder, empty, or beside the variable itself is told by its variable', async () => {
    const empty = join(folder, 'empty');
    await writeFile(empty, '\n');
    const cases: [Record<string, string>, RegExp][] = [
      [{ DATABASE_URL_FILE: join(folder, 'nowhere') }, /DATABASE_URL_FILE names a file that cannot be read \(ENOENT\)/],
      [{ DATABASE_URL_FILE: folder }, /DATABASE_URL_FILE names a file that cannot be read \(EISDIR\)/],
      [{ DATABASE_PASSWORD_FILE: empty, DATABASE_URL: url }, /DATABASE_PASSWORD_FILE names an empty file/],
      [{ DATABASE_URL_FILE: empty, DATABASE_URL: url }, /DATABASE_URL and DATABASE_URL_FILE are both set/],
    ];
    for (const [env, message] of cases) expect(() => loadConfig(env)).toThrow(message);
  });

  test('a password may have any characters', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (password) => {
        fc.pre(password.trim() !== '');
        const { databaseUrl = '' } = loadConfig({ DATABASE_URL: url, DATABASE_PASSWORD: password });
        expect(parseConnectionString(databaseUrl)).toMatchObject({
          user: 'someone',
          password,
          host: 'db',
          database: 'photos',
        });
      }),
    );
    const socket = loadConfig({
      DATABASE_URL: 'postgresql://someone@/photos?host=/run/postgres',
      DATABASE_PASSWORD: 'a/b',
    });
    expect(parseConnectionString(socket.databaseUrl ?? '')).toMatchObject({ host: '/run/postgres', password: 'a/b' });
  });

  test('a password that breaks the address is told where it belongs; one that is given twice or without a user is refused', () => {
    expect(() => loadConfig({ DATABASE_URL: 'postgresql://someone:a/b@db/photos' })).toThrow('DATABASE_PASSWORD');
    expect(() => loadConfig({ DATABASE_URL: 'postgresql://someone:a@db', DATABASE_PASSWORD: 'b' })).toThrow(
      'has a password',
    );
    expect(() => loadConfig({ DATABASE_URL: 'postgresql://db/photos', DATABASE_PASSWORD: 'b' })).toThrow(
      'needs a user',
    );
    expect(() => loadConfig({ DATABASE_PASSWORD: 'b' })).toThrow('needs DATABASE_URL');
  });
});

test.each(['nas/lan', 'someone@nas', 'nas.lan:0', 'nas.lan:70000', '10.0.0.0/33', 'http://nas.lan', '[fd00::1', 'a b'])(
  'the exception %s is refused',
  (exception) => {
    expect(() => loadConfig({ FETCH_ALLOW: exception })).toThrow('FETCH_ALLOW');
  },
);

test.each(['0', '65536', 'http', '80-90'])('the port %s to fetch from is refused', (port) => {
  expect(() => loadConfig({ FETCH_PORTS: port })).toThrow('FETCH_PORTS');
});

test('the configuration cannot be changed afterwards', () => {
  const config = loadConfig({});
  expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
  expect(() => Object.assign(config.limits, { maximumPixels: 1 })).toThrow(TypeError);
});

test('downloads lie outside the data folder and follow XDG_CACHE_HOME', () => {
  expect(loadConfig({ XDG_CACHE_HOME: '/var/cache/someone' }).cacheDirectory).toBe('/var/cache/someone/ekphrasis');
  expect(isAbsolute(loadConfig({}).cacheDirectory)).toBe(true);
});

test('the help names every variable with its meaning and default', () => {
  const lines = describeVariables().split('\n');
  expect(lines.every((line) => /^ {2}[A-Z0-9_]+ {2,}[A-Z].*\.$/.test(line))).toBe(true);
  expect(describeVariables()).toContain('Default: 4000.');
});
