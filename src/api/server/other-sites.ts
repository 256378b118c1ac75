/** What pages of other sites may ask for, and read the answer (CORS). */
import type { RequestHandler } from 'express';

/** What they may read of an answer beside its body. */
const EXPOSED = 'ETag, Retry-After, X-Request-Id';

/**
 * Pages of every site may ask, with a key of their own where one is needed. Browsers send no cookie along, and ask before
 * they send a key.
 *
 * @param methods with commas between them
 */
export function openToSites(methods: string): RequestHandler {
  return (request, response, next) => {
    response.set({
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': EXPOSED,
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response
      .set({
        // Libraries of clients tell of themselves in headers of their own.
        'Access-Control-Allow-Headers': request.get('access-control-request-headers') ?? 'Authorization',
        'Access-Control-Allow-Methods': methods,
        Vary: 'Access-Control-Request-Headers',
      })
      .status(204)
      .end();
  };
}
