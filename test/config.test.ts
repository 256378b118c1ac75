import { isAbsolute, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { describeVariables, loadConfig } from '../src/config.js';

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
    GRAPHQL_EXPLORER: 'off',
    DATABASE_URL: 'postgresql://someone@db:5432/photos',
    ENCODER: 'networks/resnet50.onnx',
    VGG16_WEIGHTS: 'random:7',
    VGG16_WEIGHTS_URL: 'https://mirror.example/vgg16.safetensors',
    VGG16_PRECISION: 'fp32',
    IMPORT_ROOT: 'pictures',
    JOB_LEASE_SECONDS: '30',
    TRAIN_ENGINE: 'tensorflow',
    DEVICE: 'cuda',
    MAX_UPLOAD_BYTES: '1000',
    MAX_PIXELS: '2000',
    MAX_SOCKETS: '3000',
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
    jobLease: 30,
    compute: { engine: 'tensorflow', device: 'cuda' },
    limits: { maximumBytes: 1000, maximumPixels: 2000, maximumSockets: 3000 },
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
    loadConfig({ PORT: '70000', DATABASE_URL: 'mysql://db', VGG16_PRECISION: 'fp16', ENCODER: 'resnet50.pt', MAX_PIXELS: 'many', TRAIN_ENGINE: 'jax', DEVICE: 'tpu', LOG_LEVEL: 'loud' });
  expect(load).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  for (const name of ['PORT', 'DATABASE_URL', 'VGG16_PRECISION', 'ENCODER', 'MAX_PIXELS', 'TRAIN_ENGINE', 'DEVICE', 'LOG_LEVEL']) expect(load).toThrow(name);
});

test.each(['-1', '65536', '80.5', '0x50', 'http', '1e3'])('the port %s is refused', (port) => {
  expect(() => loadConfig({ PORT: port })).toThrow('PORT');
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
