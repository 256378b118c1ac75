/** Where the server goes for a client: which addresses are everybody's, and what the operator lets through besides. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** What the operator lets through: a name, an address or a network, at one port or at all. */
export interface Exception {
  /** A name, as a URL has it. */
  readonly name?: string;
  /** Such as 10.0.0.0/8. */
  readonly network?: string;
  /** Default: every port. */
  readonly port?: number;
}

export interface FetchRules {
  /** Whether the server goes anywhere for a client. */
  readonly allowed: boolean;
  /** The ports that everybody's addresses are asked at. */
  readonly ports: readonly number[];
  readonly exceptions: readonly Exception[];
}

/** All that is routed to somebody, of IPv6: what lies outside, such as ::127.0.0.1, is of a mechanism, or of nobody. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');
/** Answers inside Azure's machines only, though it looks like everybody's. */
const AZURE_METADATA = ipaddr.parse('168.63.129.16');

/**
 * Whether an address is everybody's: not of this machine, of a private network, of a provider, nor one that holds another
 * (IPv4-mapped, NAT64, 6to4, Teredo).
 */
export function isPublic(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv6' ? parsed.match(GLOBAL_IPV6) : parsed.toString() !== AZURE_METADATA.toString();
}

/** Whether a name is let through whatever its addresses are. */
export function isNamed(name: string, port: number, exceptions: readonly Exception[]): boolean {
  return exceptions.some((exception) => exception.name === name && (exception.port ?? port) === port);
}

/** Whether an address is in a network that is let through. */
export function isInNetwork(address: string, port: number, exceptions: readonly Exception[]): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  return exceptions.some(({ network, port: only = port }) => {
    if (network === undefined || only !== port) return false;
    const range = ipaddr.parseCIDR(network);
    return range[0].kind() === parsed.kind() && parsed.match(range);
  });
}

/**
 * A list such as `nas.lan, hooks.lan:8443, 10.0.0.0/8, 192.168.1.5:9000, [fd00::1]:80`.
 *
 * @throws RangeError that names what cannot be read
 */
export function parseExceptions(text: string): readonly Exception[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseException);
}

function parseException(entry: string): Exception {
  if (ipaddr.isValidCIDR(entry)) return { network: ipaddr.parseCIDR(entry).join('/') };
  if (ipaddr.isValid(entry) && entry.includes(':')) return { network: networkOf(entry) };
  const [, host = '', digits] = /^(\[[^\]]*\]|[^:/]+)(?::(\d+))?$/.exec(entry) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  // As a URL has it: in lower case, in ASCII, an address with four numbers.
  const name = URL.canParse(`http://${host}`) && !host.includes('@') ? new URL(`http://${host}`).hostname : '';
  if (name === '' || port === 0 || (port ?? 1) > 65_535)
    throw new RangeError(`${entry} is no name, address or network, with or without a port`);
  const address = bareHost(name);
  const where = ipaddr.isValid(address) ? { network: networkOf(address) } : { name };
  return port === undefined ? where : { ...where, port };
}

/** The host of a URL, an IPv6 address without its brackets. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function networkOf(address: string): string {
  return `${ipaddr.parse(address).toString()}/${ipaddr.parse(address).kind() === 'ipv6' ? 128 : 32}`;
}
