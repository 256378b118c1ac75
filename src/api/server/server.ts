/** The server: GraphQL over HTTP and WebSocket, and the photos, on one port. */
import 'reflect-metadata';
import { createServer, type Server } from 'node:http';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import type { GraphQLSchema } from 'graphql';
import { type ApiContext, createWorkplace } from '../context.js';
import { authorizeOperations } from './authorization.js';
import { isApiCode } from '../error-codes.js';
import { toClientError } from './errors.js';
import { createHttpApplication, GRAPHQL_PATH } from './http.js';
import { limitOperations } from './limit-operations.js';
import { MAXIMUM_TOKENS, validationRules } from './limits.js';
import { createSchema } from '../schema.js';
import type { Services } from '../services.js';
import { Shutdown } from './shutdown.js';
import { openWebSocket } from './websocket.js';

/**
 * Longer than the minute after which load balancers close an idle connection: one that is closed on this side first may
 * carry the next request already. What a client still sends after its answer has this long, too.
 */
const KEEP_ALIVE_MILLISECONDS = 65_000;

export interface RunningServer {
  /** Where GraphQL is, such as http://127.0.0.1:4000/graphql; a worker's has none. */
  readonly url: string;
  /** Lets what runs end, for ten seconds at most, and frees the port. */
  close(): Promise<void>;
}

/**
 * Listens on `config.host` and `config.port`.
 *
 * @param idleTimeout of clients of subscriptions that do not read, in milliseconds
 * @throws INVALID_CONFIGURATION when others would reach it and there is no key; the system's error when it cannot, such
 *   as EADDRINUSE
 */
export async function startServer(services: Services, idleTimeout?: number): Promise<RunningServer> {
  await services.authenticator.checkOpening();
  const closing = new AbortController();
  const workplace = createWorkplace(services, closing.signal);
  const schema = await createSchema();
  const http = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS });
  const apollo = createApollo(schema, http, services);
  await apollo.start();
  const shutdown = new Shutdown(http);
  http.on('request', createHttpApplication(apollo, schema, workplace, shutdown));
  const sockets = openWebSocket(http, schema, workplace, idleTimeout);
  let withdraw = () => Promise.resolve();
  const close = async () => {
    closing.abort(new Error('The server is shutting down.'));
    await withdraw();
    await Promise.all([sockets.close(), shutdown.drain()]);
    await apollo.stop();
  };
  try {
    await listen(http, services.config);
    await services.workers.announce({ serves: true });
  } catch (error) {
    await close();
    throw error;
  }
  const url = urlOf(http, services.config.host);
  withdraw = await services.publish(url);
  return { url, close };
}

/**
 * Of the parsed operations that are kept, as JSON; in memory a document takes six times as much. Apollo's own limit of 30
 * MiB lets a client that never sends the same operation twice take 200 MiB.
 */
const DOCUMENTS_LENGTH = 4 * 2 ** 20;

function createApollo(schema: GraphQLSchema, http: Server, { log, measures }: Services): ApolloServer<ApiContext> {
  return new ApolloServer<ApiContext>({
    schema,
    validationRules,
    parseOptions: { maxLexicalTokens: MAXIMUM_TOKENS },
    introspection: true,
    csrfPrevention: true,
    persistedQueries: false,
    documentStore: new InMemoryLRUCache({ maxSize: DOCUMENTS_LENGTH }),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => {
      const code = formatted.extensions?.['code'];
      const told = toClientError(error, log, isApiCode(code) ? code : undefined);
      measures.errors.inc({ code: String(told.extensions?.['code']) });
      return told;
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
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // APOLLO_KEY, which is there for another program, would have every operation told to Apollo.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer: http, stopGracePeriodMillis: 1000 }),
      authorizeOperations,
      limitOperations,
    ],
  });
}

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
