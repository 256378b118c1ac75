/** What is served over HTTP: GraphQL, the photos themselves, the page, a greeting and a sign of life. */
import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import compression from 'compression';
import { join } from 'node:path';
import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { GraphQLSchema } from 'graphql';
import { isSha256 } from '../../files/sha256.js';
import { systemCode } from '../../files/storage-failure.js';
import { allow, authenticate, clientOf } from './authentication.js';
import { checkSubscriptions } from './check-subscriptions.js';
import { openToSites } from './other-sites.js';
import { sendAltText } from './send-alt-text.js';
import { type ApiContext, createContext, type Workplace } from '../context.js';
import { isApiCode } from '../error-codes.js';
import { openRest, restFailures, restRoutes } from '../rest/routes.js';
import { isHttpError, RequestError, sendError, toClientError } from './errors.js';
import { explorerAt } from './explorer.js';
import { healthRoutes } from './health.js';
import { isKnownHost } from './hosts.js';
import { measureRequests, sendMetrics } from './metrics.js';
import { servePage } from './page.js';
import { continueWithId, inRequest, logRequests } from './request-log.js';
import { allowAt } from './routes.js';
import { sendExport } from './send-export.js';
import { sendModel } from './send-model.js';
import { sendImage } from './send-image.js';
import { sessions } from './session.js';
import type { Services } from '../services.js';
import { limitRequests, limitRequestsOfClients, limitUploads } from './rate-limits.js';
import { isUpload, receiveUploads } from './receive-uploads.js';
import { inTheNameOfClients } from './requesters.js';
import type { Shutdown } from './shutdown.js';
import { statusOf } from './statuses.js';

export const GRAPHQL_PATH = '/graphql';

/** Longest operation with its variables, in bytes. */
const MAXIMUM_BODY = 256 * 1024;
/** Files of one request. */
const MAXIMUM_FILES = 4;

const GREETING = `Ekphrasis, a caption server for photo collections. GraphQL is at ${GRAPHQL_PATH}, photos are at /images/<sha256>.

Search:
  curl -s -H 'content-type: application/json' HERE${GRAPHQL_PATH} \\
    -d '{"query":"{ searchImages(text: \\"dog running\\") { edges { node { caption image { name url } } } } }"}'

Caption a photo, which is not kept:
  curl -s HERE/v1/captions -F file=@photo.jpg

The same, and more of it, as HERE/v1/openapi.json says. Caption and keep it:
  curl -s -H 'apollo-require-preflight: 1' HERE${GRAPHQL_PATH} \\
    -F operations='{"query":"mutation($upload: Upload!) { captionImage(upload: $upload) { id text } }","variables":{"upload":null}}' \\
    -F map='{"0":["variables.upload"]}' -F 0=@photo.jpg
`;

export function createHttpApplication(
  apollo: ApolloServer<ApiContext>,
  schema: GraphQLSchema,
  workplace: Workplace,
  shutdown: Shutdown,
): Express {
  const { services, allowances } = workplace;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', services.config.access.proxies);
  app.use(logRequests(services), measureRequests(services));
  app.use(forbidSniffing, restFailures(), refuseUnknownHosts(services.config));
  app.use(healthRoutes(services, workplace.closing));
  app.use(shutdown.watch);
  app.use(compression());
  servePage(app);
  app.get('/', (request, response) => {
    response.type('text/plain').send(GREETING.replaceAll('HERE', `${request.protocol}://${request.get('host') ?? ''}`));
  });
  app.get('/healthz', async (_request, response) => {
    await services.store.models.current();
    response.json({ status: 'ok' });
  });
  app.param('sha256', checkSha256);
  app.use('/session', limitRequests(allowances), sessions(services));
  app.use('/alt', openToSites('GET'));
  app.use(openRest());
  if (services.config.explorer) app.use(GRAPHQL_PATH, explorerAt(GRAPHQL_PATH));
  // What is above is for everybody.
  app.use(limitRequests(allowances), authenticate(services), limitRequestsOfClients(allowances));
  app.get('/metrics', allowAt('GET /metrics'), sendMetrics(services));
  app.get('/export', allowAt('GET /export'), sendExport(services));
  app.get('/models/:id', allowAt('GET /models/:id'), (request: Request<{ id: string }>, response) =>
    sendModel(request, response, services),
  );
  app.get('/images/:sha256', allowAt('GET /images/:sha256'), (request: Request<{ sha256: string }>, response) =>
    sendImage(request, response, services),
  );
  app.get(
    '/alt/:sha256',
    inTheNameOfClients,
    allowAt('GET /alt/:sha256'),
    (request: Request<{ sha256: string }>, response) => sendAltText(request, response, services),
  );
  app.use(restRoutes(workplace));
  app.use(
    GRAPHQL_PATH,
    refuseForgedUploads,
    allowUploads,
    limitUploads(allowances),
    receiveUploads({
      folder: join(services.config.dataDirectory, 'uploads'),
      space: services.store.space,
      maximumBytes: services.config.limits.maximumBytes,
      maximumFiles: MAXIMUM_FILES,
      maximumField: MAXIMUM_BODY,
    }),
    express.json({ limit: MAXIMUM_BODY }),
    checkSubscriptions(schema),
    inTheNameOfClients,
    continueWithId,
    expressMiddleware(apollo, { context: ({ req }) => Promise.resolve(createContext(workplace, clientOf(req))) }),
  );
  app.use((request, response) => {
    sendError(response, 404, 'NOT_FOUND', `There is nothing at ${request.path}. GraphQL is at ${GRAPHQL_PATH}.`);
  });
  app.use(describeFailure(services));
  return app;
}

/** A browser takes every answer for what it says it is. */
export const forbidSniffing: RequestHandler = (_request, response, next) => {
  response.set('X-Content-Type-Options', 'nosniff');
  next();
};

export function refuseUnknownHosts(config: Services['config']): RequestHandler {
  return (request, response, next) => {
    if (isKnownHost(request.get('host'), config)) {
      next();
      return;
    }
    sendError(response, 421, 'UNKNOWN_HOST', unknownHost(request.get('host')));
  };
}

function checkSha256(_request: Request, response: Response, next: NextFunction, sha256: string): void {
  if (isSha256(sha256)) next();
  else sendError(response, 400, 'BAD_USER_INPUT', 'A photo is named by its SHA-256: 64 digits from 0 to 9 and a to f.');
}

export function unknownHost(host = ''): string {
  return `This server is not known as ${host}. Use localhost, or name it in ALLOWED_HOSTS.`;
}

/**
 * As Apollo's CSRF prevention, but before the upload is received. A browser sends no such header to another site
 * unasked.
 */
const refuseForgedUploads: RequestHandler = (request, response, next) => {
  if (!isUpload(request) || request.get('apollo-require-preflight') || request.get('x-apollo-operation-name')) {
    next();
    return;
  }
  const message =
    "An upload needs the header apollo-require-preflight, such as: curl -H 'apollo-require-preflight: 1'. " +
    'It keeps web pages of others from uploading in your name (CSRF).';
  sendError(response, 400, 'BAD_REQUEST', message);
};

/** A photo that is sent is captioned or seen, whichever operation it comes with: others are not even received. */
const allowUploads: RequestHandler = (request, response, next) => {
  if (isUpload(request)) allow('caption', 'An upload')(request, response, next);
  else next();
};

/** Failures outside of operations: bodies that are no JSON, too long, or malformed multipart requests. */
export function describeFailure({ log }: Pick<Services, 'log'>): ErrorRequestHandler {
  return (error: unknown, _request, response: Response, _next) => {
    if (response.headersSent) {
      // One that was answered already, as by the end of the server, is nobody's concern any more; nor that a client left.
      if (response.writableEnded) return;
      if (systemCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') inRequest(response, () => toClientError(error, log));
      response.destroy();
      return;
    }
    if (error instanceof RequestError) {
      response.set(error.headers);
      sendError(response, error.status, error.code, error.message);
      return;
    }
    if (isHttpError(error)) {
      sendError(response, error.status, error.status === 413 ? 'REQUEST_TOO_LARGE' : 'BAD_REQUEST', error.message);
      return;
    }
    const { message, extensions = {} } = inRequest(response, () => toClientError(error, log));
    const { code: told, requestId } = extensions;
    const code = isApiCode(told) ? told : 'INTERNAL_SERVER_ERROR';
    sendError(response, statusOf(code), code, message, typeof requestId === 'string' ? requestId : undefined);
  };
}
