/** What is served over HTTP: GraphQL, the photos themselves, the page, a greeting and a sign of life. */
import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import compression from 'compression';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import graphqlUploadExpress from 'graphql-upload/graphqlUploadExpress.mjs';
import { sendAltText } from './alt-text.js';
import { type ApiContext, createContext, type Workplace } from './context.js';
import { isHttpError, sendError, toClientError } from './errors.js';
import { explorerAt } from './explorer.js';
import { isKnownHost } from './hosts.js';
import { servePage } from './page.js';
import { sendImage } from './send-image.js';
import type { Services } from './services.js';
import { MAXIMUM_FILES } from './uploads.js';

export const GRAPHQL_PATH = '/graphql';

/** Longest operation with its variables, in bytes. */
const MAXIMUM_BODY = 256 * 1024;

const GREETING = `Ekphrasis, a caption server for photo collections. GraphQL is at ${GRAPHQL_PATH}, photos are at /images/<sha256>.

Search:
  curl -s -H 'content-type: application/json' HERE${GRAPHQL_PATH} \\
    -d '{"query":"{ searchImages(text: \\"dog running\\") { edges { node { caption image { name url } } } } }"}'

Caption a photo:
  curl -s -H 'apollo-require-preflight: 1' HERE${GRAPHQL_PATH} \\
    -F operations='{"query":"mutation($upload: Upload!) { captionImage(upload: $upload) { id text } }","variables":{"upload":null}}' \\
    -F map='{"0":["variables.upload"]}' -F 0=@photo.jpg
`;

export function createHttpApplication(apollo: ApolloServer<ApiContext>, workplace: Workplace): Express {
  const { services } = workplace;
  const app = express();
  app.disable('x-powered-by');
  app.use(refuseUnknownHosts(services.config));
  app.use(compression());
  servePage(app);
  app.get('/', (request, response) => {
    response.type('text/plain').send(GREETING.replaceAll('HERE', `${request.protocol}://${request.get('host') ?? ''}`));
  });
  app.get('/healthz', async (_request, response) => {
    await services.store.models.current();
    response.json({ status: 'ok' });
  });
  app.get('/images/:sha256', (request, response) => sendImage(request, response, services));
  app.get('/alt/:sha256', (request, response) => sendAltText(request.params.sha256, response, services));
  if (services.config.explorer) app.use(GRAPHQL_PATH, explorerAt(GRAPHQL_PATH));
  app.use(
    GRAPHQL_PATH,
    refuseForgedUploads,
    receiveUploads(services.config),
    express.json({ limit: MAXIMUM_BODY }),
    expressMiddleware(apollo, { context: () => Promise.resolve(createContext(workplace)) }),
  );
  app.use((request, response) => {
    sendError(response, 404, 'NOT_FOUND', `There is nothing at ${request.path}. GraphQL is at ${GRAPHQL_PATH}.`);
  });
  app.use(describeFailure(services));
  return app;
}

function refuseUnknownHosts(config: Services['config']): RequestHandler {
  return (request, response, next) => {
    if (isKnownHost(request.get('host'), config)) {
      next();
      return;
    }
    sendError(response, 421, 'UNKNOWN_HOST', unknownHost(request.get('host')));
  };
}

export function unknownHost(host = ''): string {
  return `This server is not known as ${host}. Use localhost, or name it in ALLOWED_HOSTS.`;
}

/** As Apollo's CSRF prevention, but before the upload is received. A browser sends no such header to another site unasked. */
const refuseForgedUploads: RequestHandler = (request, response, next) => {
  const isForm = typeof request.is('multipart/form-data') === 'string';
  if (!isForm || request.get('apollo-require-preflight') || request.get('x-apollo-operation-name')) {
    next();
    return;
  }
  request.resume();
  const message = "An upload needs the header apollo-require-preflight, such as: curl -H 'apollo-require-preflight: 1'. " +
    'It keeps web pages of others from uploading in your name (CSRF).';
  sendError(response, 400, 'BAD_REQUEST', message);
};

/** Files go to the disk. A form that cannot be read is the client's mistake, which the parser of forms does not say. */
function receiveUploads({ limits }: Services['config']): RequestHandler {
  const receive = graphqlUploadExpress({ maxFileSize: limits.maximumBytes, maxFiles: MAXIMUM_FILES, maxFieldSize: MAXIMUM_BODY });
  return (request, response, next) => {
    receive(request, response, (error?: unknown) => {
      next(error instanceof Error && !isHttpError(error) ? Object.assign(error, { status: 400 }) : error);
    });
  };
}

/** Failures outside of operations: bodies that are no JSON, too long, or malformed multipart requests. */
function describeFailure({ log }: Services): ErrorRequestHandler {
  return (error: unknown, _request, response: Response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    if (isHttpError(error)) {
      const hint = error.message.includes('max file uploads') ? ' Send the others with another request.' : '';
      sendError(response, error.status, error.status === 413 ? 'REQUEST_TOO_LARGE' : 'BAD_REQUEST', `${error.message}${hint}`);
      return;
    }
    const { message, extensions } = toClientError(error, log);
    sendError(response, extensions?.['code'] === 'INTERNAL_SERVER_ERROR' ? 500 : 503, String(extensions?.['code']), message);
  };
}
