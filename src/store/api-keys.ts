/** Keys to the API. Of a secret only its SHA-256 is kept. */
import type { Prisma } from '../generated/prisma/client.js';
import type { ApiKeyId, Sha256 } from '../ids.js';
import type { StoreClient } from './client.js';
import { isRecordId } from './pages.js';

export interface ApiKeyRecord {
  readonly id: ApiKeyId;
  readonly name: string;
  /** As they were written: one of a newer program may be unknown to this one. */
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  /** Null: it never does. */
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** To the minute. Null while it never was. */
  readonly lastUsedAt: Date | null;
}

export interface NewApiKey extends Pick<ApiKeyRecord, 'name' | 'scopes' | 'expiresAt'> {
  readonly secretSha256: Sha256;
}

function whereUsable(): Prisma.ApiKeyWhereInput {
  return { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] };
}

const WITHOUT_SECRET = { secretSha256: true } as const;

export class ApiKeyRepository {
  constructor(private readonly prisma: StoreClient) {}

  async add({ scopes, ...key }: NewApiKey): Promise<ApiKeyRecord> {
    return toRecord(await this.prisma.apiKey.create({ data: { ...key, scopes: [...scopes] }, omit: WITHOUT_SECRET }));
  }

  /** All there ever were, newest first. */
  async all(): Promise<ApiKeyRecord[]> {
    return (await this.prisma.apiKey.findMany({ orderBy: { id: 'desc' }, omit: WITHOUT_SECRET })).map(toRecord);
  }

  /** The key of a secret, whether it is usable or not. */
  async findBySecret(secretSha256: Sha256): Promise<ApiKeyRecord | undefined> {
    const row = await this.prisma.apiKey.findUnique({ where: { secretSha256 }, omit: WITHOUT_SECRET });
    return row ? toRecord(row) : undefined;
  }

  /** Those that are neither revoked nor expired. @param ids default: all */
  async usable(ids?: readonly ApiKeyId[]): Promise<ApiKeyRecord[]> {
    const where = { ...whereUsable(), ...(ids && { id: { in: [...ids] } }) };
    return (await this.prisma.apiKey.findMany({ where, omit: WITHOUT_SECRET })).map(toRecord);
  }

  /** Whether there ever was a key. */
  async any(): Promise<boolean> {
    return (await this.prisma.apiKey.findFirst({ select: { id: true } })) !== null;
  }

  /** @returns undefined when there is none with this id; one that was revoked before keeps that time */
  async revoke(id: ApiKeyId): Promise<ApiKeyRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    await this.prisma.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: new Date() } });
    const row = await this.prisma.apiKey.findUnique({ where: { id }, omit: WITHOUT_SECRET });
    return row ? toRecord(row) : undefined;
  }

  async markUsed(id: ApiKeyId, at: Date): Promise<void> {
    await this.prisma.apiKey.updateMany({ where: { id }, data: { lastUsedAt: at } });
  }
}

function toRecord({ id, ...row }: Prisma.ApiKeyGetPayload<{ omit: typeof WITHOUT_SECRET }>): ApiKeyRecord {
  return { ...row, id: id as ApiKeyId };
}
