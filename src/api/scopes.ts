/** The scope that an operation needs stands beside it; `checkScopes` reads it before anything of an operation runs. */
import {
  type DocumentNode,
  getOperationAST,
  type GraphQLField,
  type GraphQLSchema,
  separateOperations,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { Extensions } from 'type-graphql';
import { z } from 'zod';
import { type Client, checkScope } from '../access/client.js';
import { type Scope, SCOPES } from '../access/scopes.js';

/** What asks who the client is needs no scope, only that somebody asks who may ask for anything. */
export type NeededScope = Scope | 'any';

/**
 * Beside a query, mutation or subscription, and beside each other field that has something computed.
 *
 * @param oneOf of several, one is enough to ask; what it is asked of may need a certain one, which the resolver looks at
 */
export function Needs(...oneOf: readonly NeededScope[]): MethodDecorator & PropertyDecorator {
  return Extensions({ scopes: oneOf });
}

const scopesSchema = z.array(z.enum([...SCOPES, 'any'])).min(1);

/** @returns undefined where none stands beside it */
export function scopesOf({
  extensions,
}: Pick<GraphQLField<unknown, unknown>, 'extensions'>): readonly NeededScope[] | undefined {
  return scopesSchema.safeParse(extensions['scopes']).data;
}

/**
 * Refuses a valid operation of which a client may not have every field, as it is written: before any of it runs.
 *
 * @throws UNAUTHENTICATED, FORBIDDEN
 */
export function checkScopes(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  client: Pick<Client, 'kind' | 'scopes'>,
): void {
  const operation = getOperationAST(document, operationName);
  const own = separateOperations(document)[operation?.name?.value ?? ''];
  if (!own) return;
  const types = new TypeInfo(schema);
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  visit(
    own,
    visitWithTypeInfo(types, {
      Field: ({ name: { value: name } }) => {
        const field = types.getFieldDef();
        if (!field || name.startsWith('__')) return;
        const parent = types.getParentType();
        // An operation beside which nothing stands is for nobody but admins.
        const scopes = scopesOf(field) ?? (roots.has(parent as never) ? ['admin'] : ['any']);
        const known = scopes.filter((scope) => scope !== 'any');
        if (known.length === scopes.length) checkScope(client, known, name);
      },
    }),
  );
}
