/** Programs of others that are told of events, and what they are yet to be told of. */
import type { Prisma } from '../generated/prisma/client.js';
import type { ImageId, Sha256, WebhookId } from '../ids.js';
import type { StoreClient, StoreTransaction } from './client.js';
import { isRecordId } from './pages.js';

export interface WebhookRecord {
  readonly id: WebhookId;
  readonly url: string;
  /** What it is for. */
  readonly name: string;
  /** Kinds of events; one of a newer program may be unknown to this one. */
  readonly events: readonly string[];
  readonly enabled: boolean;
  /** Until then messages are signed with the secret before, too. */
  readonly earlierSecretUntil: Date | null;
  /** Attempts in a row that failed. */
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly createdAt: Date;
}

export type NewWebhook = Pick<WebhookRecord, 'url' | 'name' | 'events'> & { readonly secret: string };

/** What people may change. */
export type WebhookChanges = {
  readonly [Key in 'url' | 'name' | 'events' | 'enabled']?: WebhookRecord[Key] | undefined;
};

const WITHOUT_SECRETS = { secret: true, earlierSecret: true } as const;

export class WebhookRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** All there are, oldest first. */
  async list(): Promise<WebhookRecord[]> {
    return (await this.prisma.webhook.findMany({ orderBy: { id: 'asc' }, omit: WITHOUT_SECRETS })).map(toRecord);
  }

  async find(id: WebhookId): Promise<WebhookRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    const row = await this.prisma.webhook.findUnique({ where: { id }, omit: WITHOUT_SECRETS });
    return row ? toRecord(row) : undefined;
  }

  async add({ events, ...webhook }: NewWebhook): Promise<WebhookRecord> {
    const data = { ...webhook, events: [...events] };
    return toRecord(await this.prisma.webhook.create({ data, omit: WITHOUT_SECRETS }));
  }

  /** @returns undefined where there is none; one that is enabled is tried at once */
  async update(id: WebhookId, { events, ...changes }: WebhookChanges): Promise<WebhookRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    const [row] = await this.prisma.webhook.updateManyAndReturn({
      where: { id },
      data: {
        ...changes,
        ...(events && { events: [...events] }),
        ...((changes.enabled === true || changes.url !== undefined) && NOT_FAILING),
      },
      omit: WITHOUT_SECRETS,
    });
    return row && toRecord(row);
  }

  /** Gives it another secret, beside which the one before counts for a time. */
  async rotate(id: WebhookId, secret: string, earlierUntil: Date): Promise<WebhookRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    return this.prisma.$transaction(async (own) => {
      const before = await own.webhook.findUnique({ where: { id } });
      if (!before) return undefined;
      const data = { secret, earlierSecret: before.secret, earlierSecretUntil: earlierUntil };
      return toRecord(await own.webhook.update({ where: { id }, data, omit: WITHOUT_SECRETS }));
    });
  }

  /** Removes it with all that it was told, or was to be told. */
  async remove(id: WebhookId): Promise<WebhookRecord | undefined> {
    const record = await this.find(id);
    if (record) await this.prisma.webhook.deleteMany({ where: { id } });
    return record;
  }
}

/** Of a webhook that nothing is known against. */
export const NOT_FAILING = { failures: 0, failingSince: null, restsUntil: null } as const;

/** What a webhook is told of an alternative text that a person approved, or of a photo that is to have none. */
export interface ApprovedAltText {
  readonly imageId: ImageId;
  readonly sha256: Sha256;
  /** Empty where the photo is decorative. */
  readonly text: string;
  readonly decorative: boolean;
  /** BCP 47; null where the photo is decorative, in every language. */
  readonly language: string | null;
  /** The name of the key or of the person, where one is known. */
  readonly approvedBy: string | null;
  readonly approvedAt: Date;
}

/**
 * Has webhooks told of an approved alternative text, once the transaction holds that approves it. What else they are told
 * of (captions, jobs, trainings, models in use) triggers note.
 */
export async function tellOfAltText(transaction: StoreTransaction, approved: ApprovedAltText): Promise<void> {
  await transaction.$executeRaw`SELECT "tellWebhooks"('altText.approved', ${JSON.stringify(approved)}::jsonb)`;
}

function toRecord({ id, ...row }: Prisma.WebhookGetPayload<{ omit: typeof WITHOUT_SECRETS }>): WebhookRecord {
  return { ...row, id: id as WebhookId };
}
