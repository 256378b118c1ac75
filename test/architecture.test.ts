/**
 * The order of rooms: a file imports from its own room and from those below it, and no file imports itself by way of
 * others.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

/** From the bottom to the top; docs/architecture.md says what each is for. */
const ROOMS = [
  'errors.ts',
  'ids.ts',
  'splits.ts',
  'program-folder.ts',
  'version.ts',
  'watch',
  'monitoring',
  'no-telemetry.ts',
  'files',
  'network',
  'language',
  'metrics',
  'tensors',
  'vision',
  'metadata',
  'sites',
  'captioner',
  'joint-embedding',
  'store',
  'access',
  'models',
  'training',
  'config.ts',
  'inference',
  'datasets',
  'collection',
  'libraries',
  'search',
  'evaluation',
  'queue',
  'jobs',
  'trainings',
  'webhooks',
  'queues.ts',
  'deletion',
  'api',
  'operations.ts',
  'application.ts',
  'index.ts',
  'runs',
  'cli',
  'main.ts',
];

const SRC = fileURLToPath(new URL('../src/', import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('generated/'))
  .sort();
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/**
 * Files of src that a file imports, for their values or only for their types; those that Prisma generates belong to no
 * room.
 */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(resolve(SRC, file), 'utf8'));
  const local = importedFiles.flatMap(({ fileName }) =>
    fileName.startsWith('.') ? [resolve(SRC, dirname(file), fileName)] : [],
  );
  return local
    .map((path) => relative(SRC, path).replace(/\.js$/, '.ts'))
    .filter((path) => !path.startsWith('generated/'));
}

const roomOf = (file: string) => file.split('/')[0] ?? file;
const heightOf = (file: string) => ROOMS.indexOf(roomOf(file));

test('every room has its place in the order', () => {
  expect(new Set(files.map(roomOf))).toEqual(new Set(ROOMS));
  const missing = [...imports].flatMap(([file, targets]) =>
    targets.filter((target) => !imports.has(target)).map((target) => `${file} -> ${target}`),
  );
  expect(missing).toEqual([]);
});

describe('imports point downwards', () => {
  test.each(ROOMS)('of %s', (room) => {
    const own = [...imports].filter(([file]) => roomOf(file) === room);
    const upwards = own.flatMap(([file, targets]) =>
      targets.filter((target) => heightOf(target) > heightOf(file)).map((target) => `${file} -> ${target}`),
    );
    expect(upwards).toEqual([]);
  });
});

test('no file imports itself by way of others', () => {
  const finished = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    if (finished.has(file) || way.includes(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...way, file]);
    finished.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test('ONNX Runtime is loaded by one file, which turns its telemetry off first', () => {
  const loading = files.filter((file) =>
    /'onnxruntime-(node|common|web)'/.test(readFileSync(resolve(SRC, file), 'utf8')),
  );
  expect(loading).toEqual(['tensors/onnx-runtime.ts']);
  expect(imports.get('tensors/onnx-runtime.ts')).toEqual(['no-telemetry.ts']);
});
