import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Node gives everybody graphql's CommonJS build. Vite would give the sources the other one, whose errors are strangers there.
  resolve: { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/vision/vgg16/find-weights.ts',
    // Ends what hangs. How long work takes says nothing of it: a busy machine takes three times as long as one at rest.
    testTimeout: 480_000,
    hookTimeout: 480_000,
    // Two cores: more forks only make every test slower.
    pool: 'forks',
    maxWorkers: 2,
  },
});
