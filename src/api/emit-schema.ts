/** `npm run schema`: writes `schema.graphql` at the root of the project. */
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { printApiSchema } from './schema.js';

await writeFile(new URL('../../schema.graphql', import.meta.url), await printApiSchema());
