import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests that need no database, no process and no weights: all together under a minute. */
const UNIT = [
  'test/*.test.ts',
  'test/{captioner,datasets,evaluation,language,tensors}/**/*.test.ts',
  'test/search/{fusion,spelling}.test.ts',
  'test/training/{batches,schedule,step}.test.ts',
  'test/retrieval/window.test.ts',
  'test/inference/queue.test.ts',
];

export default defineConfig({
  // Node gives everybody graphql's CommonJS build. Vite would give the sources the other one, whose errors are strangers there.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT } },
      { extends: true, test: { name: 'integration', include: ['test/**/*.test.ts'], exclude: UNIT, globalSetup: 'test/vision/vgg16/find-weights.ts' } },
    ],
    coverage: { include: ['src/**'], exclude: ['src/generated/**'] },
    // Ends what hangs. How long work takes says nothing of it: a busy machine takes three times as long as one at rest.
    testTimeout: 480_000,
    hookTimeout: 480_000,
    // Two cores: more forks only make every test slower.
    pool: 'forks',
    maxWorkers: 2,
  },
});
