/** The server: GraphQL over HTTP and WebSocket, and the photos, on one port. */
import 'reflect-metadata';
import { createServer, type Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { type ApiContext, createWorkplace } from './context.js';
import { toClientError } from './errors.js';
import { createHttpApplication, GRAPHQL_PATH } from './http.js';
import { checkCost, MAXIMUM_TOKENS, validationRules } from './limits.js';
import { createSchema } from './schema.js';
import type { Services } from './services.js';
import { openWebSocket } from './websocket.js';

export interface RunningServer {
  /** Where GraphQL is, such as http://127.0.0.1:4000/graphql. */
  readonly url: string;
  /** Lets what runs end, for ten seconds at most, and frees the port. */
  close(): Promise<void>;
}

/**
 * Listens on `config.host` and `config.port`.
 *
 * @param patience with clients of subscriptions that do not read, in milliseconds
 * @throws the system's error when it cannot, such as EADDRINUSE
 */
export async function startServer(services: Services, patience?: number): Promise<RunningServer> {
  const closing = new AbortController();
  const workplace = createWorkplace(services, closing.signal);
  const schema = await createSchema();
  const http = createServer();
  const apollo = createApollo(schema, http, services);
  await apollo.start();
  http.on('request', createHttpApplication(apollo, workplace));
  const sockets = openWebSocket(http, schema, workplace, patience);
  const close = async () => {
    closing.abort(new Error('The server is shutting down.'));
    await sockets.close();
    await apollo.stop();
  };
  try {
    await listen(http, services.config);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: urlOf(http, services.config.host), close };
}

function createApollo(schema: GraphQLSchema, http: Server, { log }: Services): ApolloServer<ApiContext> {
  return new ApolloServer<ApiContext>({
    schema,
    validationRules,
    parseOptions: { maxTokens: MAXIMUM_TOKENS },
    introspection: true,
    csrfPrevention: true,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => {
      const code = formatted.extensions?.['code'];
      return toClientError(error, log, typeof code === 'string' ? code : undefined);
    },
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: (message: unknown) => {
        log.warn(String(message));
      },
      error: (message: unknown) => {
        log.error(String(message));
      },
    },
    plugins: [ApolloServerPluginLandingPageDisabled(), ApolloServerPluginDrainHttpServer({ httpServer: http }), limitOperations],
  });
}

/** The limits that need the variables, and the hint where subscriptions are. */
const limitOperations: ApolloServerPlugin<ApiContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: ({ schema, document, request, operation }) => {
        if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
          throw new GraphQLError(`Subscriptions are served over WebSocket (graphql-transport-ws), at the same path ${GRAPHQL_PATH}.`, {
            extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
          });
        }
        checkCost(schema, { document, variables: request.variables, operationName: request.operationName });
        return Promise.resolve();
      },
    }),
};

function listen(http: Server, { host, port }: Services['config']): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve();
    });
  });
}

function urlOf(http: Server, host: string): string {
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}${GRAPHQL_PATH}`;
}
