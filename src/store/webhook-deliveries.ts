/**
 * Messages to webhooks and their attempts. A message is made of events that wait and keeps its id. Times are the
 * database's own: clocks of two machines are never compared.
 */
import { z } from 'zod';
import { found } from '../errors.js';
import { Prisma } from '../generated/prisma/client.js';
import type { WebhookDeliveryId, WebhookId } from '../ids.js';
import type { StoreClient, StoreTransaction } from './client.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';
import { NOT_FAILING } from './webhooks.js';

export type WebhookDeliveryState = 'WAITING' | 'DELIVERED' | 'FAILED';

export interface WebhookAttemptRecord {
  /** Counted from 1. */
  readonly number: number;
  readonly at: Date;
  readonly milliseconds: number;
  /** Null where there was no answer. */
  readonly status: number | null;
  /** Its beginning. */
  readonly answer: string;
  /** Why there was no answer. */
  readonly error: string | null;
}

export interface WebhookDeliveryRecord {
  readonly id: WebhookDeliveryId;
  readonly webhookId: WebhookId;
  readonly type: string;
  /** As it is sent. */
  readonly body: string;
  readonly state: WebhookDeliveryState;
  /** When it is sent next, while it waits. */
  readonly dueAt: Date;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  /** The first one first. */
  readonly attempts: readonly WebhookAttemptRecord[];
}

export interface WebhookDeliveryFilter {
  readonly webhookId?: WebhookId | undefined;
  readonly state?: WebhookDeliveryState | undefined;
}

/** A message that this process is to send now. */
export interface ClaimedDelivery extends Pick<WebhookDeliveryRecord, 'id' | 'webhookId' | 'body'> {
  readonly url: string;
  /** One, or two while the earlier one counts. */
  readonly secrets: readonly string[];
  /** Attempts that failed before: of this message, and in a row of its webhook. */
  readonly failures: number;
  readonly failuresInARow: number;
}

export interface WaitingEvent {
  readonly item: unknown;
  readonly at: Date;
}

export type Attempt = Pick<WebhookAttemptRecord, 'milliseconds' | 'status' | 'answer' | 'error'>;

/** What becomes of a message, and its webhook, after an attempt. */
export type Verdict =
  | { readonly kind: 'delivered' }
  /** Times in milliseconds. Without `again` it has failed for good, without `rest` nothing is held against its webhook. */
  | {
      readonly kind: 'failed';
      readonly again?: number | undefined;
      readonly rest?: number;
      readonly disable?: boolean;
    };

const claimedSchema = z.array(
  z.object({
    id: z.string(),
    webhookId: z.string(),
    body: z.string(),
    url: z.string(),
    secret: z.string(),
    earlierSecret: z.string().nullable(),
    failures: z.number(),
    failuresInARow: z.number(),
  }),
);

/** By any clock. */
const AT_ONCE = new Date(0);
const NEVER = new Date('9999-01-01');

/** After so many failures in a row a webhook counts as one that was away: all that waits is sent when it answers. */
const AWAY = 2;

const ATTEMPTS = { attempts: { orderBy: { number: 'asc' } } } as const;

/** Webhooks that may be sent something. */
const READY = Prisma.sql`"enabled" AND ("restsUntil" IS NULL OR "restsUntil" <= now())`;
/** Messages that may be sent. */
const DUE = Prisma.sql`"state" = 'WAITING' AND "dueAt" <= now() AND ("claimedUntil" IS NULL OR "claimedUntil" <= now())`;

export class WebhookDeliveryRepository {
  constructor(private readonly prisma: StoreClient) {}

  async find(id: WebhookDeliveryId): Promise<WebhookDeliveryRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    const row = await this.prisma.webhookDelivery.findUnique({ where: { id }, include: ATTEMPTS });
    return row ? toRecord(row) : undefined;
  }

  async list(
    request: PageRequest<WebhookDeliveryId>,
    filter: WebhookDeliveryFilter = {},
  ): Promise<Page<WebhookDeliveryRecord>> {
    const { where, ...rest } = pageQuery(request);
    const rows = await this.prisma.webhookDelivery.findMany({
      where: { AND: [whereOf(filter), { id: where }] },
      ...rest,
      include: ATTEMPTS,
    });
    return toPage(rows.map(toRecord), request);
  }

  count(filter: WebhookDeliveryFilter = {}): Promise<number> {
    return this.prisma.webhookDelivery.count({ where: whereOf(filter) });
  }

  /** A message that only this process sends. @throws NOT_FOUND where there is no such webhook any more */
  async addClaimed(webhookId: WebhookId, type: string, body: string, milliseconds: number): Promise<ClaimedDelivery> {
    const { id } = await this.prisma.webhookDelivery.create({ data: { webhookId, type, body, dueAt: NEVER } });
    return found(await this.claimWhere(Prisma.sql`delivery."id" = ${id}::uuid`, milliseconds), `webhook ${webhookId}`);
  }

  /** Webhooks that something can be sent to now, and that no process is sending to. */
  async dueWebhooks(): Promise<WebhookId[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT "id" FROM "Webhook" WHERE ${READY}
        AND (EXISTS (SELECT 1 FROM "WebhookEvent" WHERE "webhookId" = "Webhook"."id")
          OR EXISTS (SELECT 1 FROM "WebhookDelivery" WHERE "webhookId" = "Webhook"."id" AND ${DUE}))
        AND NOT EXISTS (SELECT 1 FROM "WebhookDelivery" WHERE "webhookId" = "Webhook"."id" AND "state" = 'WAITING' AND "claimedUntil" > now())`;
    return rows.map(({ id }) => id as WebhookId);
  }

  /** Milliseconds until something can be sent that cannot be now; undefined where nothing waits. */
  async untilNext(): Promise<number | undefined> {
    const rows = await this.prisma.$queryRaw<{ milliseconds: number | null }[]>`
      SELECT (1000 * extract(epoch FROM min(greatest(delivery."dueAt", delivery."claimedUntil", webhook."restsUntil")) - now()))::float8 AS milliseconds
      FROM "Webhook" webhook LEFT JOIN "WebhookDelivery" delivery ON delivery."webhookId" = webhook."id" AND delivery."state" = 'WAITING'
      WHERE webhook."enabled" AND (delivery."id" IS NOT NULL
        OR EXISTS (SELECT 1 FROM "WebhookEvent" WHERE "webhookId" = webhook."id"))`;
    return rows[0]?.milliseconds ?? undefined;
  }

  /**
   * Makes a message of the events of one kind that have waited longest.
   *
   * @param together how many of a kind are told of in one message
   * @param write the message
   * @returns whether there were any
   */
  gather(
    webhookId: WebhookId,
    together: (type: string) => number,
    write: (type: string, events: readonly WaitingEvent[]) => string,
  ): Promise<boolean> {
    return this.prisma.$transaction(async (own) => {
      const [first] = await own.$queryRaw<{ type: string }[]>`
        SELECT "type" FROM "WebhookEvent" WHERE "webhookId" = ${webhookId}::uuid
          AND EXISTS (SELECT 1 FROM "Webhook" WHERE "id" = ${webhookId}::uuid AND ${READY})
        ORDER BY "id" LIMIT 1 FOR UPDATE SKIP LOCKED`;
      if (!first) return false;
      const { type } = first;
      const events = await own.$queryRaw<(WaitingEvent & { id: bigint })[]>`
        DELETE FROM "WebhookEvent" WHERE "id" IN (
          SELECT "id" FROM "WebhookEvent" WHERE "webhookId" = ${webhookId}::uuid AND "type" = ${type}
          ORDER BY "id" LIMIT ${together(type)} FOR UPDATE SKIP LOCKED)
        RETURNING "id", "item", "at"`;
      const inOrder = [...events].sort((a, b) => (a.id < b.id ? -1 : 1));
      await own.webhookDelivery.create({ data: { webhookId, type, body: write(type, inOrder), dueAt: AT_ONCE } });
      return true;
    });
  }

  /**
   * Takes a message of a webhook: one that failed least, so that others are not kept back by it, of these the one that is
   * due longest.
   *
   * @param milliseconds until another process may take it, should this one be gone
   */
  async claim(webhookId: WebhookId, milliseconds: number): Promise<ClaimedDelivery | undefined> {
    const one = Prisma.sql`(SELECT "id" FROM "WebhookDelivery" WHERE "webhookId" = ${webhookId}::uuid AND ${DUE}
      ORDER BY "failures", "dueAt", "id" LIMIT 1 FOR UPDATE SKIP LOCKED)`;
    return this.claimWhere(Prisma.sql`delivery."id" = ${one} AND ${READY}`, milliseconds);
  }

  private async claimWhere(condition: Prisma.Sql, milliseconds: number): Promise<ClaimedDelivery | undefined> {
    const rows = await this.prisma.$queryRaw`
      UPDATE "WebhookDelivery" delivery SET "claimedUntil" = now() + ${milliseconds} * interval '1 millisecond'
      FROM "Webhook" webhook WHERE webhook."id" = delivery."webhookId" AND ${condition}
      RETURNING delivery."id", delivery."webhookId", delivery."body", delivery."failures",
        webhook."failures" AS "failuresInARow", webhook."url", webhook."secret",
        CASE WHEN webhook."earlierSecretUntil" > now() THEN webhook."earlierSecret" END AS "earlierSecret"`;
    const [row] = claimedSchema.parse(rows);
    if (!row) return undefined;
    const { id, webhookId, secret, earlierSecret, ...claimed } = row;
    return {
      ...claimed,
      id: id as WebhookDeliveryId,
      webhookId: webhookId as WebhookId,
      secrets: earlierSecret === null ? [secret] : [secret, earlierSecret],
    };
  }

  /** Notes an attempt and what comes of it, unless its webhook was deleted meanwhile. */
  async record(delivery: ClaimedDelivery, attempt: Attempt, verdict: Verdict): Promise<void> {
    const { id, webhookId } = delivery;
    await this.prisma.$transaction(async (own) => {
      // Who deletes it waits; who notes an event for it does not.
      const [webhook] = await own.$queryRaw<object[]>`
        SELECT 1 AS found FROM "Webhook" WHERE "id" = ${webhookId}::uuid FOR NO KEY UPDATE`;
      if (!webhook || (await own.webhookDelivery.count({ where: { id } })) === 0) return;
      const number = (await own.webhookAttempt.count({ where: { deliveryId: id } })) + 1;
      await own.webhookAttempt.create({ data: { deliveryId: id, number, ...attempt } });
      if (verdict.kind === 'delivered') await delivered(own, id, webhookId);
      else await failed(own, id, webhookId, verdict);
    });
  }

  /**
   * Puts a message that has ended on its way again, under its id.
   *
   * @returns undefined where there is none that has ended
   */
  async sendAgain(id: WebhookDeliveryId): Promise<WebhookDeliveryRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    await this.prisma.$executeRaw`
      WITH again AS (
        UPDATE "WebhookDelivery" SET "state" = 'WAITING', "failures" = 0, "dueAt" = now(), "endedAt" = NULL
        WHERE "id" = ${id}::uuid AND "state" <> 'WAITING' RETURNING "webhookId")
      UPDATE "Webhook" SET "restsUntil" = NULL WHERE "id" IN (SELECT "webhookId" FROM again)`;
    return this.find(id);
  }

  /** Has what a process was sending when it ended sent by another. */
  async releaseAll(): Promise<void> {
    await this.prisma.webhookDelivery.updateMany({
      where: { claimedUntil: { not: null } },
      data: { claimedUntil: null },
    });
  }

  /** Forgets what is older: messages, whatever became of them, and events that became none. */
  async removeOlder(than: Date): Promise<void> {
    await this.prisma.webhookDelivery.deleteMany({ where: { createdAt: { lt: than } } });
    await this.prisma.webhookEvent.deleteMany({ where: { at: { lt: than } } });
  }
}

function whereOf({ webhookId, state }: WebhookDeliveryFilter): Prisma.WebhookDeliveryWhereInput {
  // Postgres refuses to compare an UUID with anything else.
  return webhookId === undefined || isRecordId(webhookId) ? { webhookId, state } : { id: { in: [] } };
}

async function delivered(own: StoreTransaction, id: WebhookDeliveryId, webhookId: WebhookId): Promise<void> {
  await own.$executeRaw`
    UPDATE "WebhookDelivery" SET "state" = 'DELIVERED', "endedAt" = now(), "claimedUntil" = NULL WHERE "id" = ${id}::uuid`;
  const was = await own.webhook.findUnique({ where: { id: webhookId }, select: { failures: true } });
  if (!was || was.failures === 0) return;
  await own.webhook.update({ where: { id: webhookId }, data: NOT_FAILING });
  if (was.failures >= AWAY)
    await own.$executeRaw`
      UPDATE "WebhookDelivery" SET "dueAt" = now() WHERE "webhookId" = ${webhookId}::uuid AND "state" = 'WAITING'`;
}

async function failed(
  own: StoreTransaction,
  id: WebhookDeliveryId,
  webhookId: WebhookId,
  { again, rest, disable = false }: Extract<Verdict, { kind: 'failed' }>,
): Promise<void> {
  await own.$executeRaw`
    UPDATE "WebhookDelivery" SET "failures" = "failures" + 1, "claimedUntil" = NULL,
      "state" = ${again === undefined ? 'FAILED' : 'WAITING'}::"WebhookDeliveryState",
      "endedAt" = CASE WHEN ${again === undefined} THEN now() END,
      "dueAt" = now() + ${again ?? 0} * interval '1 millisecond'
    WHERE "id" = ${id}::uuid`;
  if (rest === undefined) return;
  await own.$executeRaw`
    UPDATE "Webhook" SET "failures" = "failures" + 1, "failingSince" = coalesce("failingSince", now()),
      "restsUntil" = now() + ${rest} * interval '1 millisecond', "enabled" = "enabled" AND NOT ${disable}
    WHERE "id" = ${webhookId}::uuid`;
}

function toRecord({
  id,
  webhookId,
  attempts,
  ...row
}: Prisma.WebhookDeliveryGetPayload<{ include: { attempts: true } }>): WebhookDeliveryRecord {
  return { ...row, id: id as WebhookDeliveryId, webhookId: webhookId as WebhookId, attempts };
}
