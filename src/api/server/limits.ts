/** What an operation may ask for: the same over HTTP and WebSocket. */
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { createRequire } from 'node:module';
import type { ErrorCode } from '../../errors.js';
import type { RequestCode } from '../error-codes.js';

// Its ES modules name graphql's .mjs files, a second copy of graphql beside the one that everything else is given.
const { fieldExtensionsEstimator, getComplexity, simpleEstimator } = createRequire(import.meta.url)(
  'graphql-query-complexity',
) as typeof import('graphql-query-complexity');

/** Words and signs of an operation; more are not even parsed. */
export const MAXIMUM_TOKENS = 2_000;
/** The deepest sensible question, from a list down to a word of a caption's model's training, has ten levels. */
const MAXIMUM_DEPTH = 12;
const MAXIMUM_ALIASES = 20;
/** Six seconds of a processor: ten photos' candidates, or six hundred photos with all captions and words. */
export const MAXIMUM_COST = 60_000;

/** The rules would throw, which is told as a defect: reported, they are faults of the operation like any other. */
const reported = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, { message }: GraphQLError) => {
      context?.reportError(new GraphQLError(message.replace('Syntax Error: ', '')));
    },
  ],
};

export const validationRules: ValidationRule[] = [
  maxDepthRule({ n: MAXIMUM_DEPTH, ignoreIntrospection: true, ...reported }),
  maxAliasesRule({ n: MAXIMUM_ALIASES, ...reported }),
];

/** A mistake of an operation that is found before it is executed: status 400, which Apollo would otherwise tell as 500. */
export function refused(code: ErrorCode | RequestCode, message: string, nodes?: GraphQLError['nodes']): GraphQLError {
  return new GraphQLError(message, { nodes, extensions: { code, http: { status: 400 } } });
}

/** Of a document that has no operation of this name, or several where none is named. */
export function noSuchOperation(name: string | null | undefined): GraphQLError {
  const message =
    name == null
      ? 'The document has no operation, or several: name the one to execute by operationName.'
      : `The document has no operation ${name}.`;
  return refused('OPERATION_RESOLUTION_FAILURE', message);
}

export interface Operation {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
}

/** Refuses an operation that asks for too much at once. @param cost see `costOf` @throws GraphQLError */
export function checkCost(cost: number): void {
  if (cost <= MAXIMUM_COST) return;
  const message = `The operation asks for too much at once: its cost is ${cost}, at most ${MAXIMUM_COST} is served. Ask for shorter pages.`;
  throw refused('OPERATION_TOO_COSTLY', message);
}

/**
 * What a valid operation costs, in tenths of a millisecond of a processor: see costs.ts.
 *
 * @throws GraphQLError when its variables do not fit
 */
export function costOf(schema: GraphQLSchema, { document, variables, operationName }: Operation): number {
  try {
    return getComplexity({
      schema,
      query: document,
      variables: { ...variables },
      operationName: operationName ?? undefined,
      estimators: [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })],
    });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw refused('BAD_USER_INPUT', error.message, error.nodes);
  }
}
