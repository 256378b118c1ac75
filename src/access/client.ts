/** Who asks: one answer for HTTP and WebSocket, for resolvers, limits and logs. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ApiKeyId } from '../ids.js';
import type { Scope } from './scopes.js';

interface AnyClient {
  /** With all that they include. */
  readonly scopes: readonly Scope[];
  /** The IP address that it asks from; behind trusted proxies the one that they tell. */
  readonly address: string;
}

/** The owner of a key. */
interface KeyClient extends AnyClient {
  readonly kind: 'key';
  readonly id: ApiKeyId;
  /** The key's. */
  readonly name: string;
  readonly expiresAt: Date | null;
}

/** A person whom a trusted proxy has signed in. */
interface UserClient extends AnyClient {
  readonly kind: 'user';
  readonly name: string;
}

/** Without a key: somebody from elsewhere, or (`local`) whoever works at this machine while nothing asks for keys. */
interface NamelessClient extends AnyClient {
  readonly kind: 'anonymous' | 'local';
}

/** A command of whoever owns the machine's data folder: see `access/running-server.ts`. */
interface OwnerClient extends AnyClient {
  readonly kind: 'owner';
}

export type Client = KeyClient | UserClient | NamelessClient | OwnerClient;

export const CLIENT_KINDS = ['key', 'user', 'anonymous', 'local', 'owner'] as const satisfies readonly Client['kind'][];

/** What limits and queues know a client by: those of one key, or of one address, share what they are given. */
export function nameOf(client: Client): string {
  if (client.kind === 'key') return `key ${client.id}`;
  if (client.kind === 'owner') return 'owner';
  return client.kind === 'user' ? `user ${client.name}` : `address ${client.address}`;
}

/** What is kept of a client beside what it decides: a key or a person by their names, the owner of the machine by kind. */
export function authorOf(client: Client): { readonly kind: Client['kind']; readonly name: string | null } {
  return { kind: client.kind, name: client.kind === 'key' || client.kind === 'user' ? client.name : null };
}

/**
 * Asks for one of several scopes.
 *
 * @throws UNAUTHENTICATED for a client without a key, FORBIDDEN for others; both name the scopes that are missing
 */
export function checkScope(
  { kind, scopes }: Pick<Client, 'kind' | 'scopes'>,
  oneOf: readonly Scope[],
  what: string,
): void {
  if (oneOf.some((scope) => scopes.includes(scope))) return;
  const needed = oneOf.join(' or ');
  if (kind === 'anonymous')
    throw new EkphrasisError(ErrorCode.Unauthenticated, `${what} needs a key with the scope ${needed}. ${HOW_TO_SEND}`);
  const message = `${what} needs the scope ${needed}. This ${kind === 'key' ? 'key' : 'user'} has ${scopes.join(', ') || 'none'}.`;
  throw new EkphrasisError(ErrorCode.Forbidden, message);
}

export const HOW_TO_SEND =
  'Send the header "Authorization: Bearer KEY", or sign in on the page. ekphrasis keys create makes a key.';
