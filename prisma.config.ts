/** Settings of the `prisma` command, which this project uses for `prisma generate` only. */
import { defineConfig } from 'prisma/config';

// `prisma generate` looks for a schema engine it never runs, and would download it. Migrations are applied by src/store.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= '/bin/true';

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
