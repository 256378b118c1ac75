/** Standard Webhooks (https://www.standardwebhooks.com): how a receiver knows that a message is ours. */
import { randomBytes } from 'node:crypto';
import { Webhook as Signer } from 'standardwebhooks';
import type { WebhookDeliveryId } from '../ids.js';

const SECRET_BYTES = 32;

export function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** A message's id, as receivers see it: the same whenever it is sent. */
export function messageId(id: WebhookDeliveryId): string {
  return `msg_${id}`;
}

/** @param secrets each signs; a receiver that knows one of them is content */
export function signedHeaders(
  id: WebhookDeliveryId,
  body: string,
  secrets: readonly string[],
  now = new Date(),
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': messageId(id),
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Signer(secret).sign(messageId(id), now, body)).join(' '),
  };
}
