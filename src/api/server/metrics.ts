/** The metrics of requests, and /metrics, where Prometheus reads all of them. */
import type { RequestHandler } from 'express';
import type { Services } from '../services.js';

/** First parts of paths that are counted by themselves. Those that clients make up are counted together. */
const ROUTES = new Set([
  'graphql',
  'images',
  'models',
  'alt',
  'session',
  'export',
  'healthz',
  'livez',
  'readyz',
  'metrics',
  'v1',
  'api',
]);
const PAGE = new Set(['', 'photos', 'training', 'report', 'datasets', 'assets']);

/** As web servers write it in their logs: the client went away before it was answered. */
const CLIENT_CLOSED_REQUEST = 499;

export function measureRequests({ measures }: Pick<Services, 'measures'>): RequestHandler {
  return (request, response, next) => {
    const { method } = request;
    const route = routeOf(request.path);
    const end = measures.requests.startTimer({ method, route });
    response.once('close', () => {
      end({ status: response.writableFinished ? response.statusCode : CLIENT_CLOSED_REQUEST });
    });
    next();
  };
}

export function sendMetrics({ measures }: Pick<Services, 'measures'>): RequestHandler {
  return async (_request, response) => {
    const text = await measures.text();
    response.set({ 'Content-Type': measures.contentType, 'Cache-Control': 'no-store' }).send(text);
  };
}

function routeOf(path: string): string {
  const first = path.split('/')[1] ?? '';
  if (ROUTES.has(first)) return `/${first}`;
  return PAGE.has(first) ? 'page' : 'other';
}
