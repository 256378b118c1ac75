/** The plain API and the adapters, as parts of the HTTP server: what is before anybody asks who it is, and what behind. */
import express, { type Request, type RequestHandler, type Router } from 'express';
import type { Workplace } from '../context.js';
import { allow, clientOf, isOwnSite } from '../server/authentication.js';
import { RequestError, sendError, tellFailuresBy } from '../server/errors.js';
import { openToSites } from '../server/other-sites.js';
import { inTheNameOfClients } from '../server/requesters.js';
import { allowAt } from '../server/routes.js';
import { SCOPE_OF } from './adapters/adapter.js';
import { ADAPTERS } from './adapters/all.js';
import { methodOf, serveEndpoint } from './adapters/serve.js';
import { answerWithAlt } from './alt.js';
import { answerWithCaption, refuseOtherTypes } from './captions.js';
import { openApiDocument } from './openapi.js';
import { asProblem } from './problem.js';

/** How failures are told, whatever it is that fails: to be set before anything can. */
export function restFailures(): Router {
  const router = express.Router();
  router.use('/v1', tellFailuresBy(asProblem));
  for (const { endpoints, tellFailure } of ADAPTERS)
    for (const { path } of endpoints) router.use(path, tellFailuresBy(tellFailure));
  return router;
}

/** What is for everybody: the answers that browsers ask for before they ask, and the document. */
export function openRest(): Router {
  const router = express.Router();
  router.use(['/v1', '/api'], openToSites('GET, POST'));
  const document = openApiDocument();
  router.get('/v1/openapi.json', (_request, response) => {
    response.json(document);
  });
  return router;
}

export function restRoutes(workplace: Workplace): Router {
  const router = express.Router();
  router
    .route('/v1/captions')
    .post(
      refuseOtherSites,
      allowAt('POST /v1/captions'),
      refuseOtherTypes,
      inTheNameOfClients,
      answerWithCaption(workplace),
    )
    .all(only('POST'));
  router
    .route('/v1/alt/:name')
    .get(allowAt('GET /v1/alt/:name'), (request: Request<{ name: string }>, response) =>
      answerWithAlt(request, response, workplace.services),
    )
    .all(only('GET'));
  for (const endpoint of ADAPTERS.flatMap(({ endpoints }) => endpoints)) {
    const method = methodOf(endpoint);
    const handlers = [
      refuseOtherSites,
      allow(SCOPE_OF[endpoint.kind], endpoint.what),
      inTheNameOfClients,
      serveEndpoint(endpoint, workplace),
    ];
    const route = router.route(endpoint.path);
    (method === 'GET' ? route.get(handlers) : route.post(handlers)).all(only(method));
  }
  return router;
}

/**
 * A page of another site could have its visitor's browser send photos here in the visitor's name. With a key of its own it
 * asks in its own.
 */
const refuseOtherSites: RequestHandler = (request, response, next) => {
  const { kind } = clientOf(request);
  if (kind === 'key' || kind === 'anonymous' || isOwnSite(request.headers)) next();
  else sendError(response, 403, 'FORBIDDEN', 'A page of another site needs a key of its own to ask for this.');
};

function only(method: 'GET' | 'POST'): RequestHandler {
  return (request) => {
    const allowed = method === 'GET' ? 'GET, HEAD' : method;
    throw new RequestError(405, 'METHOD_NOT_ALLOWED', `${request.path} is asked with ${method}.`, { Allow: allowed });
  };
}
