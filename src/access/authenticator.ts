/** Who asks, by what came with the request. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { type Client, HOW_TO_SEND } from './client.js';
import { type ApiKeys, stateOf } from './keys.js';
import { isLoopback } from './loopback.js';
import { allScopes, type Scope, SCOPES } from './scopes.js';
import { hashOfSecret, isSecret, newSecret } from './secrets.js';

export interface AccessSettings {
  /** The address that the server listens on. */
  readonly host: string;
  readonly access: {
    /** What those without a key may do. Undefined: nothing, or on this machine alone everything while there is no key. */
    readonly anonymous: readonly Scope[] | undefined;
    /** Proxies whose headers count: addresses and networks. */
    readonly proxies: readonly string[];
    /** The header in which they name a person. */
    readonly userHeader: string | undefined;
    /** What such people may do. */
    readonly userScopes: readonly Scope[];
  };
}

/** What a client sends of itself. */
export interface Credentials {
  /** Of the header Authorization, or of connection_init. */
  readonly bearer?: string | undefined;
  /** A key that the page keeps. */
  readonly cookie?: string | undefined;
  /** The person whom a trusted proxy names. */
  readonly user?: string | undefined;
  readonly address: string;
}

export class Authenticator {
  /** What a command of the machine's owner sends in place of a key. */
  readonly ownerSecret = newSecret();
  private readonly ownerHash = hashOfSecret(this.ownerSecret);
  /** Keys are asked for though there may be none. */
  private readonly isExposed: boolean;

  constructor(
    private readonly keys: Pick<ApiKeys, 'everMade' | 'ofSecret' | 'noteUse' | 'usable'>,
    private readonly settings: AccessSettings,
    private readonly onError: (error: unknown) => void,
  ) {
    const { anonymous, proxies } = settings.access;
    this.isExposed = anonymous !== undefined || proxies.length > 0 || !isLoopback(settings.host);
  }

  /**
   * Whether a server may begin to listen: one that others reach must have a way in for some and be closed to the rest.
   *
   * @throws INVALID_CONFIGURATION
   */
  async checkOpening(): Promise<void> {
    const { host, access } = this.settings;
    if (isLoopback(host) && access.proxies.length === 0) return;
    if (access.anonymous !== undefined || access.userHeader !== undefined) return;
    if ((await this.keys.usable()).length > 0) return;
    const message =
      `Others reach this server (${isLoopback(host) ? 'TRUSTED_PROXIES is set' : `HOST is ${host}`}), and there is no key. Either make one, ` +
      'ekphrasis keys create --scope admin (FIRST_ADMIN_KEY=log does it at the first start), or say on purpose what ' +
      'everybody may do, such as ALLOW_ANONYMOUS=read,caption.';
    throw new EkphrasisError(ErrorCode.InvalidConfiguration, message);
  }

  /** @throws UNAUTHENTICATED for a key that does not count, and for none where one is needed */
  async authenticate({ bearer, cookie, user, address }: Credentials): Promise<Client> {
    if (bearer !== undefined && hashOfSecret(bearer) === this.ownerHash)
      return { kind: 'owner', scopes: SCOPES, address };
    if (!(await this.asksForKeys())) return { kind: 'local', scopes: SCOPES, address };
    const { anonymous, userScopes } = this.settings.access;
    // Proxies send tokens of their own along with the person.
    if (bearer !== undefined && (user === undefined || isSecret(bearer))) return this.ofKey(bearer, address);
    if (user !== undefined) return { kind: 'user', name: user, scopes: allScopes(userScopes), address };
    const nobody = anonymous && { kind: 'anonymous' as const, scopes: allScopes(anonymous), address };
    if (cookie !== undefined) {
      // A browser sends it unasked, long after the key is gone.
      return this.ofKey(cookie, address).catch((error: unknown) => {
        if (nobody && error instanceof EkphrasisError && error.code === ErrorCode.Unauthenticated) return nobody;
        throw error;
      });
    }
    if (nobody) return nobody;
    throw refused('This server asks for a key.');
  }

  /** Which of these, who were authenticated before, count no longer: their keys were revoked or have expired. */
  async lapsed<C extends Client>(clients: readonly C[]): Promise<Set<C>> {
    const ids = new Set(clients.flatMap((client) => (client.kind === 'key' ? [client.id] : [])));
    const usable = new Set(ids.size === 0 ? [] : (await this.keys.usable([...ids])).map(({ id }) => id));
    const asks = clients.some(({ kind }) => kind === 'local') && (await this.asksForKeys());
    return new Set(
      clients.filter((client) => (client.kind === 'key' ? !usable.has(client.id) : client.kind === 'local' && asks)),
    );
  }

  /**
   * A server on this machine alone asks for nothing until the first key is made. From then on it does, even when that
   * key is revoked or expires: neither may open what was closed.
   */
  private async asksForKeys(): Promise<boolean> {
    return this.isExposed || (await this.keys.everMade());
  }

  private async ofKey(secret: string, address: string): Promise<Client> {
    const key = await this.keys.ofSecret(secret);
    if (!key) throw refused('The key is unknown.');
    const state = stateOf(key);
    if (state === 'revoked') throw refused('The key was revoked.');
    if (state === 'expired') throw refused('The key has expired.');
    // That it cannot be written is no reason to refuse a client.
    await this.keys.noteUse(key).catch(this.onError);
    const { id, name, expiresAt } = key;
    return { kind: 'key', id, name, expiresAt, scopes: allScopes(key.scopes), address };
  }
}

function refused(reason: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.Unauthenticated, `${reason} ${HOW_TO_SEND}`);
}
