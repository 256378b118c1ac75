/** A URL that a client named, checked, with the addresses that may be connected to: its name is looked up once. */
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { bareHost, type FetchRules, isInNetwork, isNamed, isPublic } from './reachable.js';

/** Gives all addresses of a name; none where there is no such name. */
export type LookUp = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface LookUps {
  /** Of names that clients thought of. */
  readonly foreign: LookUp;
  /** Of names that the operator lets through: those of this machine's own files among them. */
  readonly own: LookUp;
}

export interface Destination {
  readonly url: URL;
  /** One or more, all of them checked. */
  readonly addresses: readonly string[];
}

const LONGEST_URL = 2048;
/** The schemes, with the ports that stand for themselves. */
const PORTS: ReadonlyMap<string, number> = new Map([
  ['http:', 80],
  ['https:', 443],
]);

/** Of a name server, for each of two tries. */
const NAME_SERVER_MILLISECONDS = 3000;

/**
 * @param servers addresses of name servers. Default: the system's
 */
export function lookUps(servers?: readonly string[]): LookUps {
  return {
    // Asks name servers by itself. The system's own way takes a thread that files are read by too, for as long as a
    // stranger's name server likes, and knows names that are meant for this machine only.
    async foreign(name, signal) {
      const resolver = new Resolver({ timeout: NAME_SERVER_MILLISECONDS, tries: 2 });
      if (servers) resolver.setServers(servers);
      const cancel = () => {
        resolver.cancel();
      };
      signal.addEventListener('abort', cancel, { once: true });
      try {
        const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
        return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
    own: async (name) => (await lookup(name, { all: true }).catch(() => [])).map(({ address }) => address),
  };
}

/**
 * Checks a URL and looks its host up.
 *
 * @throws URL_REFUSED, URL_UNREACHABLE where its name has no address, the signal's reason
 */
export async function destinationOf(
  text: string,
  rules: FetchRules,
  { foreign, own }: LookUps,
  signal: AbortSignal,
): Promise<Destination> {
  const url = checkUrl(text, rules);
  const port = url.port === '' ? (PORTS.get(url.protocol) ?? 0) : Number(url.port);
  const host = bareHost(url.hostname);
  const named = isNamed(url.hostname, port, rules.exceptions);
  const addresses = isIP(host) === 0 ? await (named ? own : foreign)(host, signal) : [host];
  signal.throwIfAborted();
  if (addresses.length === 0) throw unreachable(url, 'its name has no address');
  if (named) return { url, addresses };
  // One that is not everybody's is enough: who answers for the name could mean another one each time.
  const strange = addresses.filter((address) => !isInNetwork(address, port, rules.exceptions));
  if (!strange.every(isPublic))
    throw refused(
      `${url.host} is not a public address. The operator of this server can let it through by FETCH_ALLOW.`,
    );
  if (strange.length > 0 && !rules.ports.includes(port))
    throw refused(
      `The port ${port} is none of ${rules.ports.join(', ')}. The operator of this server can let it through by FETCH_PORTS.`,
    );
  return { url, addresses };
}

/** What a URL says of itself, before anything is looked up. @throws URL_REFUSED */
export function checkUrl(text: string, rules: FetchRules): URL {
  if (!rules.allowed) throw refused('This server goes to no addresses for its clients: FETCH_URLS is off.');
  if (text.length > LONGEST_URL) throw refused(`An address has at most ${LONGEST_URL} characters.`);
  if (!URL.canParse(text)) throw refused('This is no address: it is to begin with http:// or https://.');
  const url = new URL(text);
  if (!PORTS.has(url.protocol)) throw refused('An address is to begin with http:// or https://.');
  if (url.username !== '' || url.password !== '') throw refused('An address is to have no name and no password.');
  return url;
}

export function refused(message: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.UrlRefused, message);
}

export function unreachable({ host }: URL, reason: string, cause?: unknown): EkphrasisError {
  return new EkphrasisError(ErrorCode.UrlUnreachable, `${host} does not answer as it should: ${reason}.`, { cause });
}
