/** What an operation may ask for: the same over HTTP and WebSocket. */
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { type DocumentNode, GraphQLError, type GraphQLSchema, type ValidationContext, type ValidationRule } from 'graphql';
import { createRequire } from 'node:module';
import type { ComplexityEstimatorArgs } from 'graphql-query-complexity';

// Its ES modules name graphql's .mjs files, a second copy of graphql beside the one that everything else is given.
const { fieldExtensionsEstimator, getComplexity, simpleEstimator } = createRequire(import.meta.url)(
  'graphql-query-complexity',
) as typeof import('graphql-query-complexity');

/** Words and signs of an operation; more are not even parsed. */
export const MAXIMUM_TOKENS = 2_000;
/** The deepest sensible question, from a list down to a word of a caption's model's training, has ten levels. */
const MAXIMUM_DEPTH = 12;
const MAXIMUM_ALIASES = 20;
/** Values an answer may have, roughly: a hundred photos with all captions and words cost 9,000. */
const MAXIMUM_COST = 20_000;
/** The longest page. */
const LONGEST_PAGE = 100;

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

/** Cost of a field that returns a page: that of its content as often as asked for. */
export function timesFirst({ args, childComplexity }: ComplexityEstimatorArgs): number {
  const first = typeof args['first'] === 'number' ? args['first'] : LONGEST_PAGE;
  return 1 + childComplexity * Math.min(Math.max(first, 1), LONGEST_PAGE);
}

/** Cost of a list that has about this many entries. */
export function times(entries: number) {
  return ({ childComplexity }: ComplexityEstimatorArgs): number => 1 + entries * Math.max(childComplexity, 1);
}

export interface Operation {
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
}

/**
 * Refuses a valid operation that asks for too much at once, or whose variables do not fit.
 *
 * @throws GraphQLError
 */
export function checkCost(schema: GraphQLSchema, { document, variables, operationName }: Operation): void {
  const cost = costOf(schema, { document, variables, operationName });
  if (cost <= MAXIMUM_COST) return;
  const message = `The operation asks for too much at once: its cost is ${cost}, at most ${MAXIMUM_COST} is served. Ask for shorter pages.`;
  throw new GraphQLError(message, { extensions: { code: 'OPERATION_TOO_COSTLY' } });
}

function costOf(schema: GraphQLSchema, { document, variables, operationName }: Operation): number {
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
    throw new GraphQLError(error.message, { nodes: error.nodes, extensions: { code: 'BAD_USER_INPUT' } });
  }
}
