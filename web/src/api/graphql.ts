/** Operations with the types of schema.graphql: tsc refuses what the server would refuse. */
import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './schema.js';

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTimeISO: string; Upload: null };
}>();

export type { ResultOf, TadaDocumentNode, VariablesOf } from 'gql.tada';
