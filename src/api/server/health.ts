/**
 * What an orchestrator asks: /livez, whether the process is to be started anew, and /readyz, whether it can work now. Both
 * are for everybody, and tell nothing but which part does not work. They answer to the last, also while the process
 * closes.
 */
import { type Response, Router } from 'express';
import { CLOSING } from '../../monitoring/readiness.js';
import type { Services } from '../services.js';

/** @param closing aborted when the process begins to end */
export function healthRoutes({ readiness }: Pick<Services, 'readiness'>, closing: AbortSignal): Router {
  const router = Router();
  // The event loop turns, or there would be no answer.
  router.get('/livez', (_request, response) => {
    answer(response, 200, { status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const { ready, checks } = closing.aborted ? CLOSING : await readiness.report();
    if (closing.aborted) response.set('Connection', 'close');
    answer(response, ready ? 200 : 503, { status: ready ? 'ok' : 'unavailable', checks });
  });
  return router;
}

function answer(response: Response, status: number, body: object): void {
  response.status(status).set('Cache-Control', 'no-store').json(body);
}
