/** Subscriptions over WebSocket (graphql-transport-ws), under the same rules as operations over HTTP. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  OperationTypeNode,
  parse,
  specifiedRules,
  subscribe,
  validate,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { createContext, type Workplace } from './context.js';
import { toClientError } from './errors.js';
import { isKnownHost, isOwnOrigin } from './hosts.js';
import { GRAPHQL_PATH } from './http.js';
import { checkCost, MAXIMUM_TOKENS, validationRules } from './limits.js';

const MAXIMUM_SOCKETS = 200;
/** Subscriptions of one socket at a time. */
export const MAXIMUM_SUBSCRIPTIONS = 20;
/** Longest message of a client, in bytes. */
const MAXIMUM_MESSAGE = 64 * 1024;
const GOODBYE_MILLISECONDS = 2_000;

export interface WebSocketDoor {
  /** Closes all sockets. */
  close(): Promise<void>;
}

export function openWebSocket(http: Server, schema: GraphQLSchema, workplace: Workplace): WebSocketDoor {
  const { services } = workplace;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAXIMUM_MESSAGE });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOf(request, services.config, sockets.clients.size);
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.emit('connection', webSocket, request);
      // In place of a listener that writes to the console. The socket is closed by then: a message was too long or garbled.
      webSocket.removeAllListeners('error').on('error', (error) => {
        services.log.info({ err: error }, 'a client spoke no WebSocket');
      });
    });
  });
  const toClient = (error: GraphQLError, code?: string): GraphQLError => toError(toClientError(error, services.log, code));
  const server = useServer(
    {
      isProd: true,
      onSubscribe: (context, _id, payload) => {
        const count = Object.keys(context.subscriptions).length;
        const checked = checkSubscription(schema, payload, count);
        return 'faults' in checked
          ? checked.faults.map((fault) => toClient(fault, checked.code))
          : { ...checked.execution, contextValue: createContext(workplace) };
      },
      subscribe: async (execution) => keepFailures(await subscribe(execution)),
      onNext: (_context, _id, _payload, _execution, result): FormattedExecutionResult | undefined =>
        result.errors && { ...result, errors: result.errors.map((error) => toClientError(error, services.log)) },
    },
    sockets,
  );
  return {
    close: async () => {
      // Clients that do not say goodbye are not waited for.
      const impatience = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, GOODBYE_MILLISECONDS);
      await server.dispose();
      clearTimeout(impatience);
    },
  };
}

/** @returns status and reason when the upgrade is refused */
function refusalOf({ headers, url }: IncomingMessage, config: Workplace['services']['config'], open: number): string | undefined {
  if (url?.split('?')[0] !== GRAPHQL_PATH) return '404 Not Found';
  if (!isKnownHost(headers.host, config)) return '421 Misdirected Request';
  if (!isOwnOrigin(headers.origin, headers.host)) return '403 Forbidden';
  return open >= MAXIMUM_SOCKETS ? '503 Service Unavailable' : undefined;
}

type CheckedSubscription =
  | { readonly execution: Pick<ExecutionArgs, 'schema' | 'document' | 'variableValues' | 'operationName'> }
  | { readonly faults: readonly GraphQLError[]; readonly code: string };

/** @param count subscriptions of this socket, with this one */
function checkSubscription(schema: GraphQLSchema, payload: SubscribePayload, count: number): CheckedSubscription {
  const { query, variables, operationName } = payload;
  let code = 'GRAPHQL_PARSE_FAILED';
  try {
    if (count > MAXIMUM_SUBSCRIPTIONS) {
      const message = `A connection has at most ${MAXIMUM_SUBSCRIPTIONS} subscriptions at a time. End one, or open another connection.`;
      throw new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } });
    }
    const document = parse(query, { maxTokens: MAXIMUM_TOKENS });
    code = 'GRAPHQL_VALIDATION_FAILED';
    const faults = validate(schema, document, [...specifiedRules, ...validationRules]);
    if (faults.length > 0) return { faults, code };
    code = 'OPERATION_RESOLUTION_FAILURE';
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) {
      throw new GraphQLError(`Only subscriptions are served over WebSocket. Send queries and mutations to ${GRAPHQL_PATH} over HTTP.`);
    }
    checkCost(schema, { document, variables, operationName });
    return { execution: { schema, document, variableValues: variables, operationName } };
  } catch (error) {
    if (error instanceof GraphQLError) return { faults: [error], code };
    throw error;
  }
}

type Subscribed = Awaited<ReturnType<typeof subscribe>>;

/** A stream that fails ends with a result that says so, which is told as any other result is. */
function keepFailures(result: Subscribed): Subscribed {
  if (!(Symbol.asyncIterator in result)) return result;
  const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let failed = false;
  const stream: AsyncGenerator<ExecutionResult, void, void> = {
    ...result,
    next: async () => {
      if (failed) return ended;
      try {
        return await result.next();
      } catch (error) {
        failed = true;
        const originalError = error instanceof Error ? error : new Error(String(error));
        return { done: false, value: { errors: [new GraphQLError(originalError.message, { originalError })] } };
      }
    },
    return: () => result.return(),
    throw: (error) => result.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  return stream;
}

function toError({ message, extensions, locations, path }: GraphQLFormattedError): GraphQLError {
  const error = new GraphQLError(message, { extensions, path });
  return locations ? Object.assign(error, { locations }) : error;
}
