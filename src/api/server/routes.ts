/** Routes beside GraphQL that are not for everybody, and the scope that each needs: docs/keys.md has them in its table. */
import type { RequestHandler } from 'express';
import type { Scope } from '../../access/scopes.js';
import { SCOPE_OF } from '../rest/adapters/adapter.js';
import { ADAPTERS } from '../rest/adapters/all.js';
import { methodOf } from '../rest/adapters/serve.js';
import { allow } from './authentication.js';

interface RouteAccess {
  readonly scope: Scope;
  /** As a refusal names it. */
  readonly what: string;
}

const OWN = {
  'GET /alt/:sha256': { scope: 'read', what: 'The text of a photo' },
  'GET /export': { scope: 'admin', what: 'An export' },
  'GET /images/:sha256': { scope: 'read', what: 'A photo' },
  'GET /metrics': { scope: 'read', what: 'The metrics' },
  'GET /models/:id': { scope: 'read', what: 'A model' },
  'GET /v1/alt/:name': { scope: 'read', what: 'The text of a photo' },
  'POST /v1/captions': { scope: 'caption', what: 'A caption' },
} as const satisfies Record<string, RouteAccess>;

/** All of them, those of adapters last. */
export const ROUTES: Readonly<Record<string, RouteAccess>> = {
  ...OWN,
  ...Object.fromEntries(
    ADAPTERS.flatMap(({ endpoints }) => endpoints).map((endpoint) => [
      `${methodOf(endpoint)} ${endpoint.path}`,
      { scope: SCOPE_OF[endpoint.kind], what: endpoint.what },
    ]),
  ),
};

/** Lets only those through who have the scope of a route. */
export function allowAt(route: keyof typeof OWN): RequestHandler {
  const { scope, what } = OWN[route];
  return allow(scope, what);
}
