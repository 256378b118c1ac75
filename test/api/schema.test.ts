import { readFile } from 'node:fs/promises';
import 'reflect-metadata';
import { expect, test } from 'vitest';
import { printApiSchema } from '../../src/api/schema.js';

test('schema.graphql is what the code makes of it: after a change run npm run schema', async () => {
  expect(await readFile('schema.graphql', 'utf8')).toBe(await printApiSchema());
});
