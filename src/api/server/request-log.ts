/** The access log, and the id of each request (the client's own, if it can be one, or a new one) and operation. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { pinoHttp } from 'pino-http';
import { withRequestId } from '../../monitoring/request-id.js';
import type { Services } from '../services.js';

const HEADER = 'x-request-id';
/** Others could be anything in a log. */
const USABLE = /^[\w.-]{1,64}$/;

/** What orchestrators and Prometheus ask for every few seconds. */
const NOT_LOGGED = new Set(['/livez', '/readyz', '/metrics']);

/** Gives every request its id, and logs it when it is answered: who, what and how long, without headers and query. */
export function logRequests({ log }: Pick<Services, 'log'>): RequestHandler {
  const logRequest = pinoHttp({
    logger: log,
    genReqId: ({ headers }) => {
      const given = headers[HEADER];
      return typeof given === 'string' && USABLE.test(given) ? given : randomUUID();
    },
    autoLogging: { ignore: (request) => NOT_LOGGED.has(pathOf(request)) },
    serializers: {
      req: ({ id, raw }: { readonly id: string; readonly raw: IncomingMessage }) => ({
        id,
        method: raw.method,
        path: pathOf(raw),
        address: raw.socket.remoteAddress,
      }),
      res: ({ raw }: { readonly raw: ServerResponse }) => ({ statusCode: raw.statusCode }),
    },
    // What failed is logged where it is known.
    customErrorObject: (_request, _response, _error, { res, responseTime }: Record<string, unknown>) => ({
      res,
      responseTime,
    }),
    customErrorMessage: () => 'request completed',
  });
  return (request, response, next) => {
    logRequest(request, response);
    response.set(HEADER, request.id as string);
    continueWithId(request, response, next);
  };
}

/** Has what follows know the id, where the body was read in between: its events come from elsewhere. */
export const continueWithId: RequestHandler = (_request, response, next) => {
  inRequest(response, next);
};

/** Does something for the request of an answer. */
export function inRequest<T>(response: Response, action: () => T): T {
  return withRequestId(response.get(HEADER) ?? null, action);
}

/** Gives an operation of a WebSocket its id, and logs it when it has ended. `action` resolves then, whatever came of it. */
export async function asLoggedOperation(
  request: IncomingMessage,
  log: Services['log'],
  action: () => Promise<void>,
): Promise<void> {
  const id = randomUUID();
  const started = performance.now();
  await withRequestId(id, async () => {
    try {
      await action();
    } finally {
      const req = { id, path: pathOf(request), address: request.socket.remoteAddress };
      log.info({ req, responseTime: Math.round(performance.now() - started) }, 'operation completed');
    }
  });
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/\?.*/s, '');
}
