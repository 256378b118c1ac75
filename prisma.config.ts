/** Settings of the `prisma` command, which this project uses for `prisma generate` only. */
import { defineConfig } from 'prisma/config';

// `prisma generate` looks for a schema engine it never runs, and would download it. Migrations are applied by src/store.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= '/bin/true';
// It would tell its makers of each run, and ask them for a newer version.
process.env['CHECKPOINT_DISABLE'] = '1';

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
