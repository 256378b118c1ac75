/**
 * `/session`: the page signs in with a key and out again. The key is kept in a cookie that scripts cannot read and that
 * a browser sends to nobody else, nor on behalf of other sites.
 */
import express, { type CookieOptions, type Request, type Router } from 'express';
import { z } from 'zod';
import type { Services } from '../services.js';
import { isOwnSite, keyCookieOf, refuse } from './authentication.js';
import { sendError } from './errors.js';

const MAXIMUM_BODY = 4096;
/** Signed in for so long, unless the key expires before. */
const LASTS_MILLISECONDS = 90 * 24 * 60 * 60 * 1000;

const bodySchema = z.object({ key: z.string().trim().min(1) });

export function sessions({ authenticator }: Pick<Services, 'authenticator'>): Router {
  const router = express.Router();
  router.use((request, response, next) => {
    response.set('Cache-Control', 'no-store');
    if (isOwnSite(request.headers)) next();
    else sendError(response, 403, 'FORBIDDEN', 'Only the page of this server signs in and out here.');
  });
  router.post('/', express.json({ limit: MAXIMUM_BODY }), async (request, response) => {
    if (request.is('application/json') === false) {
      sendError(response, 415, 'BAD_REQUEST', 'The key comes as JSON: {"key": "…"}.');
      return;
    }
    const body = bodySchema.safeParse(request.body);
    if (!body.success) {
      sendError(response, 400, 'BAD_USER_INPUT', 'The key is missing: {"key": "…"}.');
      return;
    }
    try {
      const client = await authenticator.authenticate({ bearer: body.data.key, address: request.ip ?? '' });
      if (client.kind === 'key') {
        const left = client.expiresAt ? client.expiresAt.getTime() - Date.now() : LASTS_MILLISECONDS;
        const maxAge = Math.min(left, LASTS_MILLISECONDS);
        response.cookie(keyCookieOf(request.headers.host), body.data.key, { ...cookieOptions(request), maxAge });
      }
    } catch (error) {
      refuse(response, error);
      return;
    }
    response.status(204).end();
  });
  router.delete('/', (request, response) => {
    // Photos that were seen with the key do not stay in the browser either.
    response.clearCookie(keyCookieOf(request.headers.host), cookieOptions(request));
    response.set('Clear-Site-Data', '"cache"').status(204).end();
  });
  return router;
}

/** A proxy that is not trusted does not tell that the page came by https, but the page's own origin does. */
function cookieOptions(request: Request): CookieOptions {
  const secure = request.secure || request.get('origin')?.startsWith('https:') === true;
  return { httpOnly: true, sameSite: 'strict', path: '/', secure };
}
