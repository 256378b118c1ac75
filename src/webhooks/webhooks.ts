/** Webhooks: made, changed and tested by people, and sent what they are told of. */
import { EkphrasisError, ErrorCode, found, notFound } from '../errors.js';
import type { WebhookDeliveryId, WebhookId } from '../ids.js';
import type { GuardedFetch } from '../network/guarded-fetch.js';
import type { JobQueue } from '../queue/queue.js';
import type { Store } from '../store/store.js';
import type { WebhookDeliveryRecord } from '../store/webhook-deliveries.js';
import type { WebhookChanges, WebhookRecord } from '../store/webhooks.js';
import { TEST_EVENT, testMessage, WEBHOOK_EVENTS } from './events.js';
import { WEBHOOK_QUEUE } from './queue.js';
import { CLAIM_MILLISECONDS, sendDue, sendOne } from './send.js';
import { isTaken } from './schedule.js';
import { newSecret } from './signature.js';
import { WEBHOOK_CHANNEL, WebhookWatch } from './watch.js';

export interface WebhooksOptions {
  readonly store: Pick<Store, 'webhooks' | 'webhookDeliveries' | 'listen' | 'notify'>;
  readonly queue: Pick<JobQueue, 'send' | 'work' | 'stop'>;
  readonly fetcher: GuardedFetch;
  /** No other process can use the database: what was being sent at the start is sent by nobody. */
  readonly alone: boolean;
  readonly onError: (error: unknown) => void;
}

export interface WebhookWish {
  readonly url: string;
  /** Default: the host of its URL. */
  readonly name?: string | undefined;
  /** Default: all. */
  readonly events?: readonly string[] | undefined;
}

/** With its secret, which is told only now. */
export interface CreatedWebhook {
  readonly webhook: WebhookRecord;
  readonly secret: string;
}

/** Each is told of every caption. */
const MOST_WEBHOOKS = 20;
const LONGEST_NAME = 200;

/** Of a name server, until an address is taken as it is. */
const CHECK_MILLISECONDS = 5000;

/** Webhooks that one process sends to at a time. */
const CONCURRENCY = 4;

/** How long the secret before another counts. */
const EARLIER_SECRET_MILLISECONDS = 24 * 3_600_000;

export class Webhooks {
  private watch: WebhookWatch | undefined;

  constructor(private readonly options: WebhooksOptions) {}

  /** All there are, oldest first. */
  list(): Promise<WebhookRecord[]> {
    return this.options.store.webhooks.list();
  }

  /**
   * Has a program told of events from now on.
   *
   * @throws BAD_USER_INPUT; URL_REFUSED for an address that this server does not go to; CONFLICT where there are too many
   */
  async create({ url, name, events = WEBHOOK_EVENTS }: WebhookWish): Promise<CreatedWebhook> {
    const { webhooks } = this.options.store;
    checkEvents(events);
    await this.checkUrl(url);
    if ((await webhooks.list()).length >= MOST_WEBHOOKS)
      throw new EkphrasisError(
        ErrorCode.Conflict,
        `There are ${MOST_WEBHOOKS} webhooks already, and no more at a time.`,
      );
    const secret = newSecret();
    const webhook = { url, name: checkName(name ?? new URL(url).host), events: [...new Set(events)], secret };
    return { webhook: await webhooks.add(webhook), secret };
  }

  /**
   * Changes a webhook. One that is disabled is told of nothing new, and what waits for it waits.
   *
   * @throws NOT_FOUND, BAD_USER_INPUT, URL_REFUSED
   */
  async update(id: WebhookId, { url, name, events, enabled }: WebhookChanges): Promise<WebhookRecord> {
    if (events) checkEvents(events);
    if (url !== undefined) await this.checkUrl(url);
    const changes = { url, name: name === undefined ? undefined : checkName(name), events, enabled };
    const webhook = found(await this.options.store.webhooks.update(id, changes), `webhook ${id}`);
    await this.tell();
    return webhook;
  }

  /** Gives it another secret; messages are signed with the one before as well for a day. @throws NOT_FOUND */
  async rotateSecret(id: WebhookId): Promise<CreatedWebhook> {
    const secret = newSecret();
    const until = new Date(Date.now() + EARLIER_SECRET_MILLISECONDS);
    return { webhook: found(await this.options.store.webhooks.rotate(id, secret, until), `webhook ${id}`), secret };
  }

  /** Removes it with what it was told and what waits for it. @throws NOT_FOUND */
  async remove(id: WebhookId): Promise<WebhookRecord> {
    return found(await this.options.store.webhooks.remove(id), `webhook ${id}`);
  }

  /**
   * Sends it a message that tells of nothing, once and at once, be it enabled or not.
   *
   * @returns how that went
   * @throws NOT_FOUND
   */
  async test(id: WebhookId): Promise<WebhookDeliveryRecord> {
    const { webhooks, webhookDeliveries: deliveries } = this.options.store;
    if (!(await webhooks.find(id))) throw notFound(`webhook ${id}`);
    const delivery = await deliveries.addClaimed(id, TEST_EVENT, testMessage(), CLAIM_MILLISECONDS);
    await sendOne(delivery, { deliveries, fetcher: this.options.fetcher }, (_delivery, status) =>
      isTaken(status) ? { kind: 'delivered' } : { kind: 'failed' },
    );
    return found(await deliveries.find(delivery.id), `delivery ${delivery.id}`);
  }

  /**
   * Puts a message on its way again, under its id.
   *
   * @throws NOT_FOUND; CONFLICT where it is on its way
   */
  async redeliver(id: WebhookDeliveryId): Promise<WebhookDeliveryRecord> {
    const { webhookDeliveries: deliveries } = this.options.store;
    const before = found(await deliveries.find(id), `delivery ${id}`);
    if (before.state === 'WAITING')
      throw new EkphrasisError(ErrorCode.Conflict, 'The message is on its way: it is sent when it is due.');
    const delivery = found(await deliveries.sendAgain(id), `delivery ${id}`);
    await this.tell();
    return delivery;
  }

  /** Sends what webhooks are told of, from now on until it closes. */
  async work(): Promise<void> {
    const { store, queue, fetcher, alone, onError } = this.options;
    if (alone) await store.webhookDeliveries.releaseAll();
    const watch = new WebhookWatch({ store, queue, onError });
    this.watch = watch;
    await queue.work(WEBHOOK_QUEUE, CONCURRENCY, {
      async handle({ jobId }, signal) {
        await sendDue(jobId as WebhookId, { deliveries: store.webhookDeliveries, fetcher }, signal);
        watch.lookSoon();
      },
      failed: (_work, error) => {
        onError(error);
        return Promise.resolve();
      },
    });
    await watch.open();
  }

  async close(): Promise<void> {
    await this.watch?.close();
    await this.options.queue.stop(WEBHOOK_QUEUE);
  }

  /** Has whoever sends look for something to send. */
  private tell(): Promise<void> {
    return this.options.store.notify(WEBHOOK_CHANNEL, '');
  }

  private async checkUrl(url: string): Promise<void> {
    await this.options.fetcher.check(url, CHECK_MILLISECONDS);
  }
}

function checkEvents(events: readonly string[]): void {
  const known: readonly string[] = WEBHOOK_EVENTS;
  const unknown = events.find((event) => !known.includes(event));
  if (unknown !== undefined)
    throw new EkphrasisError(ErrorCode.BadInput, `There is no event ${unknown}: there are ${known.join(', ')}.`);
  if (events.length === 0) throw new EkphrasisError(ErrorCode.BadInput, 'A webhook is told of one event at least.');
}

function checkName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > LONGEST_NAME)
    throw new EkphrasisError(ErrorCode.BadInput, `The name of a webhook has 1 to ${LONGEST_NAME} characters.`);
  return name;
}
