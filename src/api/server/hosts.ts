/**
 * Which names a server answers to. A web page of somebody else may reach a server on its visitor's own machine under a
 * name that it lets point there (DNS rebinding), and a browser lets any page open a WebSocket: both are told by their
 * headers.
 */
import { isLoopback } from '../../access/loopback.js';
import type { Config } from '../../config.js';

/** What would make a `Host` header more than a name and a port: a URL would find another name in it. */
const NOT_IN_A_HOST = /[/\\?#@\s]/;

/**
 * @param host the `Host` header
 * @returns true for every name when the server is open to the network, where names are the operator's affair
 */
export function isKnownHost(
  host: string | undefined,
  { host: address, allowedHosts }: Pick<Config, 'host' | 'allowedHosts'>,
): boolean {
  if (!isLoopback(address)) return true;
  const name = toUrl('http:', host)?.hostname;
  if (name === undefined) return false;
  return (
    isLoopback(name) ||
    name.endsWith('.localhost') ||
    allowedHosts.some((allowed) => toUrl('http:', allowed)?.hostname === name)
  );
}

/**
 * Whether a request comes from a page of this server, or from a program, which sends no `Origin`. Names are compared as
 * browsers and proxies may write them: in any case, in Unicode or ASCII, with the scheme's own port or without.
 */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  const scheme = /^https?:/i.exec(origin)?.[0].toLowerCase();
  if (scheme === undefined) return false;
  const from = toUrl(scheme, origin.slice(scheme.length).replace(/^\/\//, ''));
  return from !== undefined && from.host === toUrl(scheme, host)?.host;
}

/** The port that a `Host` header names; undefined for those that browsers leave out. */
export function portOf(host: string | undefined): string | undefined {
  const port = toUrl('http:', host)?.port;
  return port === '' || port === '443' ? undefined : port;
}

/**
 * A name with its port as browsers read it: in lower case, in ASCII, without the scheme's own port and without a last
 * dot.
 */
function toUrl(scheme: string, host: string | undefined): URL | undefined {
  if (host === undefined || host === '' || NOT_IN_A_HOST.test(host)) return undefined;
  const text = `${scheme}//${fromHeader(host)}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  url.hostname = url.hostname.replace(/\.$/, '');
  return url;
}

/** Node reads headers as Latin-1; a program that sends a name in Unicode means UTF-8. */
function fromHeader(host: string): string {
  if (!/[\u0080-\u00ff]/.test(host)) return host;
  const decoded = Buffer.from(host, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? host : decoded;
}
