import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageId, WebhookDeliveryId, WebhookId } from '../../src/ids.js';
import type { Database } from '../../src/store/database.js';
import { createStore, type Store } from '../../src/store/store.js';
import { tellOfAltText } from '../../src/store/webhooks.js';
import { messageOf, together } from '../../src/webhooks/events.js';
import { openTestDatabase } from './open-test-store.js';
import { sha256Of } from './records.js';

let database: Database;
let store: Store;
beforeAll(async () => {
  database = await openTestDatabase();
  store = await createStore(database);
});
afterAll(() => store.close());

const add = (events: readonly string[]) =>
  store.webhooks.add({ url: 'https://example.org/', name: 'example', events, secret: 'whsec_AAAA' });
const minute = 60_000;

const APPROVED = {
  imageId: '0190c9c4-0000-7000-8000-000000000001' as ImageId,
  sha256: sha256Of('photo'),
  text: 'A dog runs.',
  decorative: false,
  language: 'en',
  approvedBy: 'editor',
  approvedAt: new Date('2026-12-01T10:00:00.123Z'),
};

test('an approved alternative text is told of where the transaction holds, to those who are told of such', async () => {
  const { id } = await add(['altText.approved']);
  const { id: other } = await add(['job.ended']);
  const approve = (fails: boolean) =>
    database.prisma.$transaction(async (own) => {
      await tellOfAltText(own, APPROVED);
      if (fails) throw new Error('not approved');
    });
  await expect(approve(true)).rejects.toThrow('not approved');
  expect(await store.webhookDeliveries.dueWebhooks()).toEqual([]);
  await approve(false);
  expect(await store.webhookDeliveries.dueWebhooks()).toEqual([id]);
  expect(await store.webhookDeliveries.gather(other, together, messageOf)).toBe(false);
  expect(await store.webhookDeliveries.gather(id, together, messageOf)).toBe(true);
  const [delivery] = (await store.webhookDeliveries.list({ limit: 10 })).items;
  expect(JSON.parse(delivery?.body ?? '')).toMatchObject({
    type: 'altText.approved',
    version: 1,
    data: {
      altTexts: [{ ...APPROVED, approvedAt: '2026-12-01T10:00:00.123Z', imageUrl: `/images/${APPROVED.sha256}` }],
    },
  });
  await store.webhooks.remove(id);
  await store.webhooks.remove(other);
  expect(await store.webhookDeliveries.count()).toBe(0);
});

test('a message is sent by one process at a time, and by another when that one is gone', async () => {
  const { id } = await add(['altText.approved']);
  await database.prisma.$transaction((own) => tellOfAltText(own, APPROVED));
  await store.webhookDeliveries.gather(id, together, messageOf);
  const [first, second] = await Promise.all([
    store.webhookDeliveries.claim(id, minute),
    store.webhookDeliveries.claim(id, minute),
  ]);
  expect([first, second].filter((claimed) => claimed !== undefined)).toHaveLength(1);
  expect(await store.webhookDeliveries.dueWebhooks()).toEqual([]);
  await database.executeSql(`UPDATE "WebhookDelivery" SET "claimedUntil" = now() - interval '1 second'`, []);
  expect(await store.webhookDeliveries.dueWebhooks()).toEqual([id]);
  const again = await store.webhookDeliveries.claim(id, minute);
  expect(again).toEqual(first ?? second);

  // Its webhook is removed while it is on its way.
  await store.webhooks.remove(id);
  if (!again) throw new Error('nothing was claimed');
  const attempt = { milliseconds: 1, status: 200, answer: '', error: null };
  await store.webhookDeliveries.record(again, attempt, { kind: 'delivered' });
  expect(await store.webhookDeliveries.count()).toBe(0);
});

test('what is old is forgotten', async () => {
  const { id } = await add(['altText.approved']);
  await database.prisma.$transaction((own) => tellOfAltText(own, APPROVED));
  await store.webhookDeliveries.gather(id, together, messageOf);
  await database.prisma.$transaction((own) => tellOfAltText(own, APPROVED));
  await store.webhookDeliveries.removeOlder(new Date(Date.now() - minute));
  expect(await store.webhookDeliveries.dueWebhooks()).toEqual([id]);
  await store.webhookDeliveries.removeOlder(new Date(Date.now() + minute));
  expect(await store.webhookDeliveries.dueWebhooks()).toEqual([]);
  expect(await store.webhookDeliveries.find('no' as WebhookDeliveryId)).toBeUndefined();
  expect(await store.webhooks.find('no' as WebhookId)).toBeUndefined();
});
