/** Routes beside GraphQL that are not for everybody, and the scope that each needs: docs/keys.md has them in its table. */
import type { RequestHandler } from 'express';
import type { Scope } from '../../access/scopes.js';
import { allow } from './authentication.js';

export const ROUTES = {
  '/alt/:sha256': { scope: 'read', what: 'The text of a photo' },
  '/export': { scope: 'admin', what: 'An export' },
  '/images/:sha256': { scope: 'read', what: 'A photo' },
  '/metrics': { scope: 'read', what: 'The metrics' },
} as const satisfies Record<string, { readonly scope: Scope; readonly what: string }>;

/** Lets only those through who have the scope of a route. */
export function allowAt(route: keyof typeof ROUTES): RequestHandler {
  const { scope, what } = ROUTES[route];
  return allow(scope, what);
}
