/** What requests with an Idempotency-Key were answered with, so that the same request is answered the same for a day. */
import { z } from 'zod';
import type { Prisma } from '../generated/prisma/client.js';
import type { Sha256 } from '../ids.js';
import type { StoreClient } from './client.js';

/** Of one client: keys of others are other keys. */
export interface IdempotencyKey {
  /** As limits know them. */
  readonly client: string;
  readonly key: string;
}

const answerSchema = z.record(z.string(), z.unknown());
/** A JSON object. */
export type KeptAnswer = z.infer<typeof answerSchema>;

const KEPT_MILLISECONDS = 24 * 60 * 60 * 1000;

export class IdempotentAnswerRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** @returns undefined where there is none of the last day */
  async find(
    idempotencyKey: IdempotencyKey,
  ): Promise<{ readonly fingerprint: Sha256; readonly answer: KeptAnswer } | undefined> {
    const row = await this.prisma.idempotentAnswer.findFirst({
      where: { ...idempotencyKey, createdAt: { gte: yesterday() } },
    });
    return row ? { fingerprint: row.fingerprint as Sha256, answer: answerSchema.parse(row.answer) } : undefined;
  }

  /** Keeps an answer, and forgets those that are older than a day. */
  async put(idempotencyKey: IdempotencyKey, fingerprint: Sha256, answer: KeptAnswer): Promise<void> {
    await this.prisma.$transaction([
      this.prisma.idempotentAnswer.deleteMany({ where: { createdAt: { lt: yesterday() } } }),
      this.prisma.idempotentAnswer.createMany({
        data: { ...idempotencyKey, fingerprint, answer: answer as Prisma.InputJsonObject },
        skipDuplicates: true,
      }),
    ]);
  }
}

function yesterday(): Date {
  return new Date(Date.now() - KEPT_MILLISECONDS);
}
