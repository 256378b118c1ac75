/** What a worker serves: whether it lives and can work, and its metrics. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Services } from '../services.js';
import { authenticate } from './authentication.js';
import { sendError } from './errors.js';
import { healthRoutes } from './health.js';
import { describeFailure, forbidSniffing, refuseUnknownHosts } from './http.js';
import { measureRequests, sendMetrics } from './metrics.js';
import { logRequests } from './request-log.js';
import { allowAt } from './routes.js';
import type { RunningServer } from './server.js';

export type WorkerServices = Pick<Services, 'authenticator' | 'config' | 'log' | 'measures' | 'readiness'>;

/**
 * Listens on `config.host`.
 *
 * @param closing aborted when the worker begins to end
 * @throws the system's error when it cannot, such as EADDRINUSE
 */
export async function startWorkerServer(
  services: WorkerServices,
  port: number,
  closing: AbortSignal,
): Promise<RunningServer> {
  const app = express();
  app.disable('x-powered-by');
  app.use(logRequests(services), measureRequests(services), forbidSniffing, refuseUnknownHosts(services.config));
  app.use(healthRoutes(services, closing));
  app.use(authenticate(services));
  app.get('/metrics', allowAt('GET /metrics'), sendMetrics(services));
  app.use((_request, response) => {
    sendError(response, 404, 'NOT_FOUND', 'A worker has /livez, /readyz and /metrics.');
  });
  app.use(describeFailure(services));
  const http = createServer(app).listen(port, services.config.host);
  await once(http, 'listening');
  return {
    url: `http://localhost:${(http.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(http, 'close');
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
