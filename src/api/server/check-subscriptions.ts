import type { RequestHandler } from 'express';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  parse,
  SingleFieldSubscriptionsRule,
  validate,
} from 'graphql';
import { sendError } from './errors.js';
import { MAXIMUM_TOKENS } from './limits.js';

/**
 * graphql-js throws while it validates a subscription with a `@skip` or `@include` that has no condition, or one by a
 * variable, and Apollo Server takes what is thrown there for a fault of the server. The client is told here.
 */
export function checkSubscriptions(schema: GraphQLSchema): RequestHandler {
  return ({ method, query, body }, response, next) => {
    const given = (method === 'GET' ? query : body) as { readonly query?: unknown } | undefined;
    const fault = typeof given?.query === 'string' ? faultOf(schema, given.query) : undefined;
    if (fault) sendError(response, 400, 'GRAPHQL_VALIDATION_FAILED', fault.message);
    else next();
  };
}

/** What the rule throws. What it reports, and what cannot be parsed, is told with its place where operations are. */
function faultOf(schema: GraphQLSchema, query: string): GraphQLError | undefined {
  if (!query.includes('subscription')) return undefined;
  let document: DocumentNode;
  try {
    document = parse(query, { maxLexicalTokens: MAXIMUM_TOKENS });
  } catch {
    return undefined;
  }
  try {
    validate(schema, document, [SingleFieldSubscriptionsRule]);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
  return undefined;
}
