/** Who sends a request: found once, before an upload is received, and known to whatever is served after it. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parseCookie } from 'cookie';
import type { RequestHandler, Response } from 'express';
import proxyAddress from 'proxy-addr';
import type { Credentials } from '../../access/authenticator.js';
import { checkScope, type Client } from '../../access/client.js';
import type { Scope } from '../../access/scopes.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { Services } from '../services.js';
import { sendError } from './errors.js';
import { isOwnOrigin, portOf } from './hosts.js';

const KEY_COOKIE = 'ekphrasis_key';

/**
 * The page keeps its key in the cookie of this name. Browsers send a cookie to every port of a host, so that the name
 * has the port: two servers on one host do not sign each other's page out.
 *
 * @param host the `Host` header
 */
export function keyCookieOf(host: string | undefined): string {
  const port = portOf(host);
  return port === undefined ? KEY_COOKIE : `${KEY_COOKIE}_${port}`;
}

const clients = new WeakMap<IncomingMessage, Client>();

/** Finds out who asks. A key that does not count is refused, and none where one is needed. */
export function authenticate({ authenticator, config }: Pick<Services, 'authenticator' | 'config'>): RequestHandler {
  const credentials = credentialReader(config);
  return async (request, response, next) => {
    try {
      clients.set(request, await authenticator.authenticate(credentials(request)));
    } catch (error) {
      refuse(response, error);
      return;
    }
    next();
  };
}

/** Who sent a request. @throws Error where `authenticate` did not come before */
export function clientOf(request: IncomingMessage): Client {
  const client = clients.get(request);
  if (!client) throw new Error('nobody has found out who asks');
  return client;
}

/** Lets only those through who have the scope. @param what as the refusal names it */
export function allow(scope: Scope, what: string): RequestHandler {
  return (request, response, next) => {
    try {
      checkScope(clientOf(request), [scope], what);
    } catch (error) {
      refuse(response, error);
      return;
    }
    next();
  };
}

/** Whether caches that several people share may keep an answer. */
export function isForEverybody(request: IncomingMessage): boolean {
  const { kind } = clientOf(request);
  return kind === 'local' || kind === 'anonymous';
}

/** How HTTP says that a client may not: undefined for other codes. */
export function httpRefusal(code: string): { status: number; headers: Record<string, string> } | undefined {
  if (code === ErrorCode.Unauthenticated) return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  return code === ErrorCode.Forbidden ? { status: 403, headers: {} } : undefined;
}

/** @throws what is no refusal */
export function refuse(response: Response, error: unknown): void {
  const refusal = error instanceof EkphrasisError ? httpRefusal(error.code) : undefined;
  if (!(error instanceof EkphrasisError) || !refusal) throw error;
  response.set(refusal.headers);
  sendError(response, refusal.status, error.code, error.message);
}

/** Reads what a request says of its sender; headers of proxies only where they come from a trusted one. */
export function credentialReader({
  access: { proxies, userHeader },
}: Pick<Services['config'], 'access'>): (request: IncomingMessage) => Credentials {
  const trust = proxyAddress.compile([...proxies]);
  return (request) => {
    const { headers, socket } = request;
    const user = userHeader !== undefined && trust(socket.remoteAddress ?? '', 0) ? headers[userHeader] : undefined;
    return {
      bearer: bearerOf(headers.authorization),
      cookie: isOwnSite(headers) ? parseCookie(headers.cookie ?? '')[keyCookieOf(headers.host)] : undefined,
      user: typeof user === 'string' && user.trim() !== '' ? user.trim() : undefined,
      address: proxyAddress(request, trust),
    };
  };
}

/** The key of `Bearer KEY`; other schemes are other programs' affair, such as a proxy's. */
export function bearerOf(authorization: unknown): string | undefined {
  return typeof authorization === 'string' ? /^Bearer +(\S+) *$/i.exec(authorization)?.[1] : undefined;
}

/** Whether a request comes from the page of this server, from a person's own address bar, or from a program. */
export function isOwnSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined ? isOwnOrigin(headers.origin, headers.host) : site === 'same-origin' || site === 'none';
}
