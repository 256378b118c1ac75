/** Subscriptions over WebSocket (graphql-transport-ws), under the same rules as operations over HTTP. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
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
import { CloseCode, handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Client, nameOf } from '../../access/client.js';
import { EkphrasisError } from '../../errors.js';
import { createContext, type Workplace } from '../context.js';
import { checkScopes } from '../scopes.js';
import { credentialReader } from './authentication.js';
import type { ApiCode } from '../error-codes.js';
import { toClientError } from './errors.js';
import { goodbye, speakGraphql } from './graphql-transport.js';
import { isKnownHost, isOwnOrigin } from './hosts.js';
import { GRAPHQL_PATH } from './http.js';
import { CostReport } from './cost-report.js';
import { checkCost, costOf, MAXIMUM_TOKENS, validationRules } from './limits.js';
import { type Connection, SocketClients } from './socket-clients.js';
import { SocketCounts } from './socket-counts.js';
import { takeCost } from './rate-limits.js';

/** Subscriptions of one socket at a time. */
export const MAXIMUM_SUBSCRIPTIONS = 20;
/** Longest message of a client, in bytes. */
const MAXIMUM_MESSAGE = 64 * 1024;
const GOODBYE_MILLISECONDS = 2_000;
/** Of a client that is refused because there are too many. */
const RETRY_SECONDS = 10;

/**
 * A client that takes nothing of what waits for it is let go after this long, and after twice as long at the latest.
 */
const IDLE_TIMEOUT = 15_000;
/**
 * Between two pings, the second of which ends a connection that has not answered the first: a slow client is told why
 * before.
 */
const KEEP_ALIVE_MILLISECONDS = 45_000;
/** The close code of a client that did not read: one of those that are free for applications. */
export const SLOW_CLIENT = 4480;
const SLOW_CLIENT_REASON = 'The client does not read. Connect again; afterEpoch says which epochs are known.';

export interface WebSocketDoor {
  /** Closes all sockets. */
  close(): Promise<void>;
}

/**
 * graphql-ws takes the next value of a subscription only when the one before it is handed to the system (ws calls back
 * when it is written), so that what a client does not read waits where it comes from, not here.
 *
 * @param idleTimeout in milliseconds
 */
export function openWebSocket(
  http: Server,
  schema: GraphQLSchema,
  workplace: Workplace,
  idleTimeout = IDLE_TIMEOUT,
): WebSocketDoor {
  const { services } = workplace;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAXIMUM_MESSAGE, handleProtocols });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { address } = credentials(request);
    const refusal = refusalOf(request, services.config, { all: sockets.clients.size, ofAddress: counts.of(address) });
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      counts.add(address, webSocket);
      speakGraphql({ socket: webSocket, request }, server, services.log, KEEP_ALIVE_MILLISECONDS);
      expectToRead(webSocket, request.socket, idleTimeout, () => {
        services.log.warn({ address: request.socket.remoteAddress }, 'a client did not read and was let go');
      });
    });
  });
  const toClient = (error: GraphQLError, code?: ApiCode): GraphQLError =>
    toError(toClientError(error, services.log, code));
  // A subscription is paid for once, and its first message says what.
  const untold = new WeakMap<object, CostReport>();
  const withCost = (result: ExecutionResult, contextValue: unknown): ExecutionResult => {
    const report = typeof contextValue === 'object' && contextValue ? untold.get(contextValue) : undefined;
    if (!report) return result;
    untold.delete(contextValue as object);
    return { ...result, extensions: { ...result.extensions, cost: report.toJSON() } };
  };
  const clients = new SocketClients(services, () => sockets.clients);
  const credentials = credentialReader(services.config);
  const counts = new SocketCounts();
  const server = makeServer<Record<string, unknown> | undefined, Connection['extra']>({
    onConnect: async (context) => {
      const { socket } = context.extra;
      if (!(await clients.connect(context))) return false;
      const client = clients.of(socket);
      // Those of one address were counted before.
      if (client.kind !== 'key') return true;
      if (counts.of(nameOf(client)) < services.config.limits.socketsPerClient) {
        counts.add(nameOf(client), socket);
        return true;
      }
      socket.close(CloseCode.TooManyInitialisationRequests, 'Too many connections of this key');
      return false;
    },
    onSubscribe: async (context, _id, payload) => {
      const client = clients.of(context.extra.socket);
      const count = Object.keys(context.subscriptions).length;
      const checked = checkSubscription(schema, payload, count, client);
      if ('faults' in checked) return checked.faults.map((fault) => toClient(fault, checked.code));
      const contextValue = createContext(workplace, client);
      const report = new CostReport(checked.cost);
      try {
        report.allowance = await takeCost(contextValue, checked.cost);
      } catch (error) {
        if (error instanceof GraphQLError) return [toClient(error)];
        throw error;
      }
      const execution = { ...checked.execution, contextValue };
      untold.set(contextValue, report);
      return execution;
    },
    subscribe: async (execution) => keepFailures(await subscribe(execution)),
    onNext: (_context, _id, _payload, { contextValue }, result): FormattedExecutionResult => {
      const { errors, ...told } = withCost(result, contextValue);
      return { ...told, ...(errors && { errors: errors.map((error) => toClientError(error, services.log)) }) };
    },
  });
  return {
    close: async () => {
      clients.close();
      // Clients that do not say goodbye are not waited for.
      const timer = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
      }, GOODBYE_MILLISECONDS);
      await goodbye(sockets);
      clearTimeout(timer);
    },
  };
}

/** @returns status and reason when the upgrade is refused */
function refusalOf(
  { headers, url }: IncomingMessage,
  config: Workplace['services']['config'],
  open: { readonly all: number; readonly ofAddress: number },
): string | undefined {
  if (url?.split('?')[0] !== GRAPHQL_PATH) return '404 Not Found';
  if (!isKnownHost(headers.host, config)) return '421 Misdirected Request';
  if (!isOwnOrigin(headers.origin, headers.host)) return '403 Forbidden';
  const retry = `\r\nRetry-After: ${RETRY_SECONDS}`;
  if (open.ofAddress >= config.limits.socketsPerClient) return `429 Too Many Requests${retry}`;
  return open.all >= config.limits.maximumSockets ? `503 Service Unavailable${retry}` : undefined;
}

/**
 * Lets a client go that does not read, and reads nothing of one as long as answers wait for it: it could have the
 * server keep any number of them.
 *
 * @param idleTimeout in milliseconds without a byte written or read while some wait to be written
 */
function expectToRead(webSocket: WebSocket, socket: Socket, idleTimeout: number, onGone: () => void): void {
  socket.setTimeout(idleTimeout);
  socket.on('timeout', () => {
    if (socket.writableLength === 0 || webSocket.readyState !== webSocket.OPEN) return;
    onGone();
    webSocket.close(SLOW_CLIENT, SLOW_CLIENT_REASON);
  });
  webSocket.on('message', () => {
    if (!socket.writableNeedDrain || webSocket.isPaused) return;
    webSocket.pause();
    socket.once('drain', () => {
      webSocket.resume();
    });
  });
}

type CheckedSubscription =
  | {
      readonly execution: Pick<ExecutionArgs, 'schema' | 'document' | 'variableValues' | 'operationName'>;
      readonly cost: number;
    }
  | { readonly faults: readonly GraphQLError[]; readonly code: ApiCode };

/** @param count subscriptions of this socket, with this one */
function checkSubscription(
  schema: GraphQLSchema,
  payload: SubscribePayload,
  count: number,
  client: Client,
): CheckedSubscription {
  const { query, variables, operationName } = payload;
  let code: ApiCode = 'GRAPHQL_PARSE_FAILED';
  try {
    if (count > MAXIMUM_SUBSCRIPTIONS) {
      const message = `A connection has at most ${MAXIMUM_SUBSCRIPTIONS} subscriptions at a time. End one, or open another connection.`;
      throw new GraphQLError(message, { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } });
    }
    const document = parse(query, { maxLexicalTokens: MAXIMUM_TOKENS });
    code = 'GRAPHQL_VALIDATION_FAILED';
    const faults = validate(schema, document, [...specifiedRules, ...validationRules]);
    if (faults.length > 0) return { faults, code };
    code = 'OPERATION_RESOLUTION_FAILURE';
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) {
      throw new GraphQLError(
        `Only subscriptions are served over WebSocket. Send queries and mutations to ${GRAPHQL_PATH} over HTTP.`,
      );
    }
    checkScopes(schema, document, operationName, client);
    const cost = costOf(schema, { document, variables, operationName });
    checkCost(cost);
    return { execution: { schema, document, variableValues: variables, operationName }, cost };
  } catch (error) {
    if (error instanceof GraphQLError) return { faults: [error], code };
    if (error instanceof EkphrasisError)
      return { faults: [new GraphQLError(error.message, { originalError: error })], code };
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
