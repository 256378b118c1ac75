import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests that need no database, no process and no weights: all together under a minute. */
const UNIT = [
  'test/*.test.ts',
  'test/{captioner,datasets,evaluation,files,language,sites,tensors}/**/*.test.ts',
  'test/search/{fusion,spelling}.test.ts',
  'test/runs/{data-fingerprint,event-file}.test.ts',
  'test/training/{batches,dropout,schedule,setting-table,step}.test.ts',
  'test/joint-embedding/window.test.ts',
  'test/inference/queue.test.ts',
  'test/network/guarded-fetch.test.ts',
];

/** Tests that kill processes, fill disks, learn for a minute, build the program anew or install packages of Python: `npm run test:slow`. */
const SLOW = [
  'test/{extension,full-disk}/**/*.test.ts',
  'test/api/train-on-scenes.test.ts',
  'test/cli/kills.test.ts',
  'test/cli/models-travel.test.ts',
  'test/collection/killed-write-back.test.ts',
  'test/libraries/killed-scan.test.ts',
  'test/runs/tensorboard.test.ts',
  'test/models/exported-models.test.ts',
  'test/training/languages.test.ts',
  'test/webhooks/killed-server.test.ts',
];
const GLOBAL_SETUP = ['test/vision/vgg16/find-weights.ts', 'test/store/prepare-database.ts'];

export default defineConfig({
  // Node gives everybody graphql's CommonJS build. Vite would give the sources the other one, whose errors are strangers there.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: [...UNIT, ...SLOW],
          globalSetup: GLOBAL_SETUP,
        },
      },
      { extends: true, test: { name: 'slow', include: SLOW, globalSetup: GLOBAL_SETUP } },
    ],
    coverage: { include: ['src/**'], exclude: ['src/generated/**'] },
    // Ends what hangs. How long work takes says nothing of it: a busy machine takes three times as long as one at rest.
    testTimeout: 480_000,
    hookTimeout: 480_000,
    expect: { poll: { timeout: 60_000 } },
    // Two cores: more forks only make every test slower.
    pool: 'forks',
    isolate: false,
    maxWorkers: 2,
  },
});
