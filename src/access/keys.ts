/** Keys made, listed and revoked; the same for the command line and the API. */
import { EkphrasisError, ErrorCode, found } from '../errors.js';
import type { ApiKeyId, Sha256 } from '../ids.js';
import type { ApiKeyRecord } from '../store/api-keys.js';
import { under } from '../store/locks.js';
import type { Store } from '../store/store.js';
import { allScopes, type Scope } from './scopes.js';
import { hashOfSecret, newSecret } from './secrets.js';

const LONGEST_NAME = 100;
/** A page asks for a hundred photos at once. What another process changes is known after this time. */
const REMEMBERED_MILLISECONDS = 1_000;
/** Between two notes of when a key was used. */
const USE_MILLISECONDS = 60_000;

export interface KeyRequest {
  /** What it is for. Default: its scopes. */
  readonly name?: string | undefined;
  readonly scopes: readonly Scope[];
  /** Default: never. */
  readonly expiresAt?: Date | undefined;
}

export interface CreatedKey {
  /** Told this once. */
  readonly secret: string;
  readonly key: ApiKeyRecord;
}

export type KeyState = 'usable' | 'expired' | 'revoked';

export function stateOf({ revokedAt, expiresAt }: Pick<ApiKeyRecord, 'revokedAt' | 'expiresAt'>): KeyState {
  if (revokedAt) return 'revoked';
  return expiresAt && expiresAt <= new Date() ? 'expired' : 'usable';
}

export class ApiKeys {
  /** Those that were found a moment ago, so never more than there are. */
  private readonly recent = new Map<Sha256, { key: ApiKeyRecord; readonly until: number }>();
  /** Whether there ever was a key: once there was, always. */
  private made = false;
  private madeKnownUntil = 0;

  constructor(private readonly store: Pick<Store, 'apiKeys' | 'locks'>) {}

  /** @throws BAD_USER_INPUT */
  async create({ scopes, expiresAt, name = scopes.join(', ') }: KeyRequest): Promise<CreatedKey> {
    const shortName = name.trim();
    const fault = faultOf(shortName, scopes, expiresAt);
    if (fault !== undefined) throw new EkphrasisError(ErrorCode.BadInput, fault);
    const secret = newSecret();
    const key = await this.store.apiKeys.add({
      name: shortName,
      scopes,
      expiresAt: expiresAt ?? null,
      secretSha256: hashOfSecret(secret),
    });
    this.made = true;
    return { secret, key };
  }

  /** All there ever were, newest first. */
  list(): Promise<ApiKeyRecord[]> {
    return this.store.apiKeys.all();
  }

  /** @throws NOT_FOUND */
  async revoke(id: ApiKeyId): Promise<ApiKeyRecord> {
    const key = found(await this.store.apiKeys.revoke(id), `key ${id}`);
    this.recent.clear();
    return key;
  }

  /** Whether there ever was a key. */
  async everMade(): Promise<boolean> {
    if (this.made || this.madeKnownUntil > Date.now()) return this.made;
    this.made = (await this.store.apiKeys.any()) || this.made;
    this.madeKnownUntil = Date.now() + REMEMBERED_MILLISECONDS;
    return this.made;
  }

  /** The key of a secret, whether it is usable or not. */
  async ofSecret(secret: string): Promise<ApiKeyRecord | undefined> {
    const hash = hashOfSecret(secret);
    const known = this.recent.get(hash);
    if (known && known.until > Date.now()) return known.key;
    const key = await this.store.apiKeys.findBySecret(hash);
    if (key) this.recent.set(hash, { key, until: Date.now() + REMEMBERED_MILLISECONDS });
    return key;
  }

  /** Notes when a key was used, at most once a minute. */
  async noteUse({ id, lastUsedAt }: ApiKeyRecord): Promise<void> {
    const now = new Date();
    if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < USE_MILLISECONDS) return;
    for (const known of this.recent.values()) if (known.key.id === id) known.key = { ...known.key, lastUsedAt: now };
    await this.store.apiKeys.markUsed(id, now);
  }

  /** Those that are neither revoked nor expired. @param ids default: all */
  usable(ids?: readonly ApiKeyId[]): Promise<ApiKeyRecord[]> {
    return this.store.apiKeys.usable(ids);
  }

  /** Makes an admin key where none is usable; of several servers that start at once, one does. */
  createFirst(): Promise<CreatedKey | undefined> {
    return under(this.store.locks.alone('first-admin-key'), async () =>
      (await this.hasAdmin()) ? undefined : this.create({ name: 'first', scopes: ['admin'] }),
    );
  }

  /** Whether a usable key may make others. */
  async hasAdmin(): Promise<boolean> {
    return (await this.usable()).some(({ scopes }) => allScopes(scopes).includes('admin'));
  }
}

function faultOf(name: string, scopes: readonly Scope[], expiresAt: Date | undefined): string | undefined {
  if (scopes.length === 0) return 'A key needs a scope.';
  if (name === '' || name.length > LONGEST_NAME || /\p{Cc}/u.test(name))
    return `The name of a key has 1 to ${LONGEST_NAME} characters, and no control characters.`;
  if (expiresAt && !(expiresAt > new Date())) return 'The time at which a key expires must lie ahead.';
  return undefined;
}
