/**
 * Which names a server answers to. A web page of somebody else may reach a server on its visitor's own machine under a name
 * that it lets point there (DNS rebinding), and a browser lets any page open a WebSocket: both are told by their headers.
 */
import type { Config } from '../config.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/;

/**
 * @param host the `Host` header
 * @returns true for every name when the server is open to the network, where names are the operator's affair
 */
export function isKnownHost(host: string | undefined, { host: address, allowedHosts }: Pick<Config, 'host' | 'allowedHosts'>): boolean {
  if (!LOOPBACK.test(address)) return true;
  const name = hostname(`http://${host ?? ''}`);
  return name !== undefined && (LOOPBACK.test(name) || name.endsWith('.localhost') || allowedHosts.includes(name));
}

/** Whether a request comes from a page of this server, or from a program, which sends no `Origin`. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
}

function hostname(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
