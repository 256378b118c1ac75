/** The GraphQL explorer for developers: Altair, out of its package, so that it works without a network. */
import {
  getDistDirectory,
  isSandboxFrame,
  renderAltair,
  renderInitSnippet,
  type RenderOptions,
  SANDBOX_FRAME_CSP,
} from 'altair-static';
import express, { type Router } from 'express';
import { PAGE_HEADERS } from './page.js';

/**
 * Its styles are made while it runs, with pictures and fonts inside. Scripts come from this server alone, as
 * everywhere.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves the explorer to browsers at the very path of GraphQL; programs, and questions, go on to GraphQL itself.
 *
 * @param path of GraphQL
 */
export function explorerAt(path: string): Router {
  const options: RenderOptions = {
    baseURL: `${path}/`,
    endpointURL: path,
    subscriptionsEndpoint: path,
    initialSubscriptionRequestHandlerId: 'graphql-ws',
    initialQuery: '{ images(first: 5) { totalCount edges { node { name url generatedCaptions { text } } } } }',
    serveInitialOptionsInSeperateRequest: true,
  };
  const router = express.Router();
  router.use((request, response, next) => {
    if (request.method !== 'GET') {
      next();
      return;
    }
    response.set({ ...PAGE_HEADERS, 'Content-Security-Policy': CONTENT_SECURITY_POLICY });
    next();
  });
  router.get('/', (request, response, next) => {
    const asks = request.query['query'] !== undefined;
    if (asks || request.accepts(['application/json', 'text/html']) !== 'text/html') next();
    else response.type('html').send(renderAltair(options));
  });
  router.get('/initial_options.js', (_request, response) => {
    response.type('text/javascript').send(renderInitSnippet(options));
  });
  router.use(
    express.static(getDistDirectory(), {
      index: false,
      setHeaders: (response, file) => {
        if (isSandboxFrame(file)) response.setHeader('Content-Security-Policy', SANDBOX_FRAME_CSP);
      },
    }),
  );
  return router;
}
