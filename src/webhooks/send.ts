/** Sends what is due to a webhook, and notes how it went. */
import { EkphrasisError } from '../errors.js';
import type { WebhookId } from '../ids.js';
import type { GuardedFetch } from '../network/guarded-fetch.js';
import type { Attempt, ClaimedDelivery, Verdict, WebhookDeliveryRepository } from '../store/webhook-deliveries.js';
import { messageOf, together } from './events.js';
import { verdictOf } from './schedule.js';
import { signedHeaders } from './signature.js';

/** A receiver has so long for its answer, of which so much is kept. */
const LIMITS = { milliseconds: 15_000, maximumBytes: 1024 };

/** A process that has not noted how it went by then is gone. */
export const CLAIM_MILLISECONDS = 60_000;

/** Messages in a row; then it is the turn of other webhooks. */
const ROUND = 50;

export interface Sending {
  readonly deliveries: WebhookDeliveryRepository;
  readonly fetcher: GuardedFetch;
}

/** Sends up to a round of messages, until one fails or nothing is due. */
export async function sendDue(webhookId: WebhookId, sending: Sending, signal: AbortSignal): Promise<void> {
  const { deliveries } = sending;
  for (let sent = 0; sent < ROUND && !signal.aborted; sent += 1) {
    await deliveries.gather(webhookId, together, messageOf);
    const next = await deliveries.claim(webhookId, CLAIM_MILLISECONDS);
    if (!next) return;
    await sendOne(next, sending, verdictOf);
  }
}

/** @param judge what comes of the message, by the status of the answer */
export async function sendOne(
  delivery: ClaimedDelivery,
  { deliveries, fetcher }: Sending,
  judge: (before: ClaimedDelivery, status: number | null) => Verdict,
): Promise<void> {
  const attempt = await attemptOf(delivery, fetcher);
  await deliveries.record(delivery, attempt, judge(delivery, attempt.status));
}

async function attemptOf({ id, url, body, secrets }: ClaimedDelivery, fetcher: GuardedFetch): Promise<Attempt> {
  const started = performance.now();
  const outcome = await fetcher.post(url, signedHeaders(id, body, secrets), body, LIMITS).then(
    // Postgres keeps no zero bytes in texts.
    ({ status, bytes }) => ({ status, answer: bytes.toString('utf8').replaceAll('\0', '\u{FFFD}'), error: null }),
    (error: unknown) => {
      if (!(error instanceof EkphrasisError)) throw error;
      return { status: null, answer: '', error: error.message };
    },
  );
  return { milliseconds: Math.round(performance.now() - started), ...outcome };
}
