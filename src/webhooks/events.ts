/** What webhooks are told of, and the messages that tell it; docs/webhooks.md describes them to their readers. */
import { z } from 'zod';
import type { WaitingEvent } from '../store/webhook-deliveries.js';

export const WEBHOOK_EVENTS = ['caption.written', 'altText.approved', 'job.ended', 'model.switched'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export const EVENT_MEANINGS: Readonly<Record<WebhookEvent, string>> = {
  'caption.written': 'A model wrote a caption for a photo, new or in place of its own.',
  'altText.approved': 'A person approved the alternative text of a photo, or that it is to have none.',
  'job.ended': 'A job or a training ended: it succeeded, failed or was cancelled.',
  'model.switched': 'Another model captions or searches from now on.',
};

/** Of the button that tests a webhook; nobody subscribes to it. */
export const TEST_EVENT = 'webhook.test';

/** Raised when a message changes in a way that its readers have to know of. */
const VERSION = 1;

/** What comes in great numbers is told of together. */
const TOGETHER = 100;

const LISTS: ReadonlyMap<string, string> = new Map([
  ['caption.written', 'captions'],
  ['altText.approved', 'altTexts'],
]);
const SINGLE: ReadonlyMap<string, string> = new Map([
  ['job.ended', 'job'],
  ['model.switched', 'model'],
]);

/** How many events of a kind are told of in one message. */
export function together(type: string): number {
  return LISTS.has(type) ? TOGETHER : 1;
}

/** The message of one or more events of a kind, as JSON. It is small: texts, ids and addresses below the server's. */
export function messageOf(type: string, events: readonly WaitingEvent[]): string {
  const items = events.map(({ item }) => itemOf(item));
  const list = LISTS.get(type);
  const data = list === undefined ? { [SINGLE.get(type) ?? 'event']: items[0] } : { [list]: items };
  return JSON.stringify({ type, timestamp: events.at(-1)?.at ?? new Date(), version: VERSION, data });
}

export function testMessage(): string {
  return JSON.stringify({ type: TEST_EVENT, timestamp: new Date(), version: VERSION, data: {} });
}

const recordSchema = z.record(z.string(), z.unknown());

/** As the database notes it, with its times in UTC and the address of its photo. */
function itemOf(item: unknown): object {
  const fields = recordSchema.parse(item);
  const { sha256 } = fields;
  return {
    ...Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        name.endsWith('At') && typeof value === 'string' ? new Date(value).toISOString() : value,
      ]),
    ),
    ...(typeof sha256 === 'string' && { imageUrl: `/images/${sha256}` }),
  };
}
