/** What programs are told of, by the API of a real server and receivers on this machine. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ImageId, ModelId } from '../../src/ids.js';
import { DELAYS } from '../../src/webhooks/schedule.js';
import { ask, captionImage, refusal } from '../api/client.js';
import { addUntrainedModel, openTestServer, type TestServer } from '../api/test-server.js';
import { picture } from '../collection/seeing.js';
import { Receiver, verify } from './receiver.js';

const webhookSchema = z.object({
  id: z.string(),
  enabled: z.boolean(),
  failures: z.number(),
  events: z.array(z.string()),
});
const secretSchema = z.object({ secret: z.string(), webhook: webhookSchema });
const deliverySchema = z.object({
  id: z.string(),
  messageId: z.string(),
  type: z.string(),
  state: z.string(),
  nextAttemptAt: z.string().nullable(),
  attempts: z.array(
    z.object({
      number: z.number(),
      status: z.number().nullable(),
      answer: z.string(),
      error: z.string().nullable(),
      milliseconds: z.number(),
    }),
  ),
});

const WEBHOOK = 'id enabled failures events';
const DELIVERY = 'id messageId type state nextAttemptAt attempts { number status answer error milliseconds }';
const CREATE = `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret webhook { ${WEBHOOK} } } }`;
const UPDATE = `mutation ($input: UpdateWebhookInput!) { updateWebhook(input: $input) { ${WEBHOOK} } }`;
const DELETE = `mutation ($input: DeleteWebhookInput!) { deleteWebhook(input: $input) { id } }`;
const ROTATE = `mutation ($input: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $input) { secret webhook { ${WEBHOOK} } } }`;
const TEST = `mutation ($input: TestWebhookInput!) { testWebhook(input: $input) { ${DELIVERY} } }`;
const REDELIVER = `mutation ($input: RedeliverWebhookInput!) { redeliverWebhook(input: $input) { ${DELIVERY} } }`;
const LIST = `query ($filter: WebhookDeliveryFilter, $after: String) { webhookDeliveries(first: 100, after: $after, filter: $filter) { totalCount edges { node { ${DELIVERY} } } } }`;

let server: TestServer;
let receiver: Receiver;
let model: ModelId;
let seed = 0;
beforeAll(async () => {
  server = await openTestServer({ FETCH_ALLOW: '127.0.0.1' });
  model = (await addUntrainedModel(server.application)).id;
  receiver = await Receiver.open();
  await server.application.work();
});
afterEach(async () => {
  for (const { id } of await list()) await ask(server, z.unknown(), DELETE, { input: { id } });
  await receiver.down();
  receiver = await Receiver.open();
});
afterAll(async () => {
  await server.close();
  await receiver.down();
});

const list = async () =>
  (await ask(server, z.object({ webhooks: z.array(webhookSchema) }), `{ webhooks { ${WEBHOOK} } }`)).webhooks;
const create = async (input: object = {}) =>
  (await ask(server, z.object({ createWebhook: secretSchema }), CREATE, { input: { url: receiver.url, ...input } }))
    .createWebhook;
const deliveries = async (filter: object = {}) =>
  (
    await ask(
      server,
      z.object({
        webhookDeliveries: z.object({ totalCount: z.number(), edges: z.array(z.object({ node: deliverySchema })) }),
      }),
      LIST,
      { filter },
    )
  ).webhookDeliveries.edges.map(({ node }) => node);
const testOf = async (id: string) =>
  (await ask(server, z.object({ testWebhook: deliverySchema }), TEST, { input: { id } })).testWebhook;
const newPhoto = async () => captionImage(server, await picture((seed += 1)));
const texts = (from = receiver.taken) =>
  from.flatMap(({ message }) => (message.data.captions ?? []).map(({ text }) => text));

async function captionOf(id: string) {
  const found = await server.application.store.captions.generatedOf([id as ImageId]);
  const [caption] = found.get(id as ImageId) ?? [];
  if (!caption) throw new Error('there is no caption');
  return caption;
}

/** Puts every time of webhooks into the past, as the passing of so many milliseconds would have it. */
async function letPass(milliseconds: number): Promise<void> {
  const { store } = server.application;
  const shift = `- ${Math.round(milliseconds)} * interval '1 millisecond'`;
  await store.executeSql(
    `UPDATE "WebhookDelivery" SET "dueAt" = "dueAt" ${shift}, "createdAt" = "createdAt" ${shift} WHERE "dueAt" < 'infinity' AND extract(year FROM "dueAt") BETWEEN 2000 AND 9000`,
    [],
  );
  await store.executeSql(
    `UPDATE "Webhook" SET "restsUntil" = "restsUntil" ${shift}, "failingSince" = "failingSince" ${shift}`,
    [],
  );
  await store.notify('ekphrasis_webhooks', '');
}

/** Waits until it is noted how all went that was sent. */
async function settled(): Promise<void> {
  const { store } = server.application;
  await expect
    .poll(async () => (await store.executeSql(`SELECT 1 FROM "WebhookDelivery" WHERE "claimedUntil" > now()`, [])).rows)
    .toEqual([]);
}

/** Lets time pass until what waits is tried again. @returns how much that was */
async function untilNextAttempt(): Promise<number> {
  const { store } = server.application;
  const attempts = async () => (await deliveries()).reduce((sum, delivery) => sum + delivery.attempts.length, 0);
  await settled();
  const before = await attempts();
  const pause = Math.max(0, (await store.webhookDeliveries.untilNext()) ?? 0);
  await letPass(pause);
  await expect.poll(attempts).toBeGreaterThan(before);
  return pause;
}

describe('a webhook', () => {
  test('is told of a caption, once it is written, signed as Standard Webhooks has it', async () => {
    await newPhoto();
    const { secret } = await create({ events: ['CAPTION_WRITTEN'] });
    const { id, text, image } = await newPhoto();
    await expect.poll(() => receiver.received.length).toBe(1);
    const [received] = receiver.received;
    if (!received) throw new Error('nothing was received');
    expect(verify(received, secret)).toEqual(received.message);
    expect(() => verify({ ...received, body: received.body.replace('caption', 'Caption') }, secret)).toThrow(
      'signature',
    );
    const stored = await captionOf(id);
    expect(received.message).toMatchObject({
      type: 'caption.written',
      data: {
        captions: [{ captionId: stored.id, text, imageId: id, modelId: model, language: 'en', imageUrl: image.url }],
      },
    });
    expect(received.headers).toMatchObject({ 'content-type': 'application/json' });
    await settled();
    expect(await deliveries()).toMatchObject([
      { state: 'DELIVERED', messageId: received.id, attempts: [{ number: 1, status: 204, error: null }] },
    ]);
  });

  test('is told of jobs that end and of models in use', async () => {
    await create({ events: ['JOB_ENDED', 'MODEL_SWITCHED'] });
    await newPhoto();
    const { captionCollection } = await ask(
      server,
      z.object({ captionCollection: z.object({ id: z.string() }) }),
      'mutation { captionCollection(input: { onlyMissing: true }) { id } }',
    );
    await expect
      .poll(() => receiver.received.map(({ message }) => message.data.job))
      .toContainEqual(expect.objectContaining({ jobId: captionCollection.id, kind: 'caption', state: 'SUCCEEDED' }));
    const other = await server.application.store.models.find((await addUntrainedModel(server.application, 2)).id);
    await expect
      .poll(() => receiver.received.map(({ message }) => message.data.model))
      .toContainEqual(expect.objectContaining({ modelId: other?.id, task: 'CAPTION', name: 'untrained' }));
    await server.application.useModel(model);
    await expect.poll(() => receiver.received.map(({ message }) => message.data.model?.modelId)).toContain(model);
    expect(new Set(receiver.received.map(({ message }) => message.type))).toEqual(
      new Set(['job.ended', 'model.switched']),
    );
  });

  test('is told of nothing that a transaction takes back, nor of what the trash gives back', async () => {
    const { application } = server;
    const captioned = await newPhoto();
    const caption = await captionOf(captioned.id);
    await create();
    await application.store
      .executeSql(`BEGIN; UPDATE "GeneratedCaption" SET "text" = 'taken back'; ROLLBACK`, [])
      .catch(() => undefined);
    const { trash } = await application.deletions.deleteImages([caption.imageId]);
    if (trash === undefined) throw new Error('nothing is in the trash');
    await application.trash.restore(trash);
    const { text } = await newPhoto();
    await expect.poll(() => texts()).toEqual([text]);
  });

  test('has a secret that nobody is told again, and that can be replaced without losing a message', async () => {
    const { secret: first, webhook } = await create({ events: ['CAPTION_WRITTEN'] });
    expect(first).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { rotateWebhookSecret } = await ask(server, z.object({ rotateWebhookSecret: secretSchema }), ROTATE, {
      input: { id: webhook.id },
    });
    const { secret: second } = rotateWebhookSecret;
    await newPhoto();
    await expect.poll(() => receiver.received.length).toBe(1);
    for (const received of receiver.received)
      for (const secret of [first, second]) expect(() => verify(received, secret)).not.toThrow();
    await server.application.store.executeSql(`UPDATE "Webhook" SET "earlierSecretUntil" = now()`, []);
    await newPhoto();
    await expect.poll(() => receiver.received.length).toBe(2);
    expect(() => verify(receiver.received[1] as never, second)).not.toThrow();
    expect(() => verify(receiver.received[1] as never, first)).toThrow('No matching signature');

    const schema = await server.query('{ __type(name: "Webhook") { fields { name } } }');
    expect(JSON.stringify(schema)).not.toMatch(/"secret"/);
    const file = await (await fetch(new URL('/export', server.url))).text();
    expect(file.length).toBeGreaterThan(1000);
    expect(file).not.toContain('whsec_');
  });

  test('is tested, enabled or not', async () => {
    const { webhook } = await create({ events: ['MODEL_SWITCHED'] });
    await ask(server, z.unknown(), UPDATE, { input: { id: webhook.id, enabled: false } });
    receiver.answer = () => ({ status: 500, body: `no ${'x'.repeat(5000)}\0` });
    const failed = await testOf(webhook.id);
    expect(failed).toMatchObject({ type: 'webhook.test', state: 'FAILED', attempts: [{ status: 500 }] });
    expect(failed.attempts[0]?.answer).toHaveLength(1024);
    await receiver.down();
    expect(await testOf(webhook.id)).toMatchObject({
      state: 'FAILED',
      attempts: [{ status: null, error: expect.stringContaining('refuses the connection') as string }],
    });
    expect(await list()).toMatchObject([{ failures: 0 }]);
    await receiver.up();
    receiver.answer = () => ({ status: 200, body: 'thanks' });
    expect(await testOf(webhook.id)).toMatchObject({
      state: 'DELIVERED',
      attempts: [{ status: 200, answer: 'thanks' }],
    });
  });

  test('that is disabled is told of nothing new, and what waits for it waits', async () => {
    const { webhook } = await create({ events: ['CAPTION_WRITTEN'] });
    receiver.answer = () => ({ status: 503 });
    const { text } = await newPhoto();
    await expect.poll(() => receiver.received.length).toBe(1);
    await settled();
    await ask(server, z.unknown(), UPDATE, { input: { id: webhook.id, enabled: false } });
    await newPhoto();
    await letPass(60_000);
    receiver.answer = () => ({ status: 200 });
    await ask(server, z.unknown(), UPDATE, { input: { id: webhook.id, enabled: true } });
    await expect.poll(() => texts()).toEqual([text]);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
  });

  test('that is deleted takes along what it was told', async () => {
    const { webhook } = await create();
    receiver.answer = () => ({ status: 503 });
    await newPhoto();
    await expect.poll(() => receiver.received.length).toBeGreaterThan(0);
    await ask(server, z.unknown(), DELETE, { input: { id: webhook.id } });
    expect(await deliveries()).toEqual([]);
    expect(await refusal(server, TEST, { input: { id: webhook.id } })).toMatchObject({ code: 'NOT_FOUND' });
    await newPhoto();
    const { rows } = await server.application.store.executeSql('SELECT 1 FROM "WebhookEvent"', []);
    expect(rows).toEqual([]);
  });

  test.each([
    ['http://169.254.169.254/latest/', 'URL_REFUSED'],
    ['http://[::1]/', 'URL_REFUSED'],
    ['ftp://127.0.0.1/', 'URL_REFUSED'],
    ['http://someone:secret@127.0.0.1/', 'URL_REFUSED'],
    ['hook', 'URL_REFUSED'],
  ])('at %s is refused', async (url, code) => {
    expect(await refusal(server, CREATE, { input: { url } })).toMatchObject({ code });
    expect(await list()).toEqual([]);
  });

  test('that another cannot be told from is refused by what is wrong with it', async () => {
    expect(await refusal(server, CREATE, { input: { url: receiver.url, events: [] } })).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(await refusal(server, CREATE, { input: { url: receiver.url, name: ' ' } })).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    for (const id of ['no', model]) {
      for (const operation of [DELETE, ROTATE, TEST, UPDATE])
        expect(await refusal(server, operation, { input: { id } })).toMatchObject({ code: 'NOT_FOUND' });
      expect(await refusal(server, REDELIVER, { input: { deliveryId: id } })).toMatchObject({ code: 'NOT_FOUND' });
      expect(await deliveries({ webhookId: id })).toEqual([]);
    }
  });
});

describe('a receiver', () => {
  test('that is down for ten minutes gets every event in the end, with the id that it had', async () => {
    const { secret } = await create({ events: ['CAPTION_WRITTEN'] });
    // It takes the message and says that it does not, so that the id is known.
    receiver.answer = () => ({ status: 500 });
    const written = [(await newPhoto()).text];
    await expect.poll(() => receiver.received.length).toBe(1);
    await receiver.down();
    let passed = 0;
    while (passed < 10 * 60_000) {
      passed += await untilNextAttempt();
      written.push((await newPhoto()).text);
    }
    receiver.answer = () => ({ status: 200 });
    await receiver.up();
    await untilNextAttempt();
    await expect.poll(() => texts().sort()).toEqual([...written].sort());
    await settled();
    const [refused, ...taken] = receiver.received;
    expect(taken.map(({ id }) => id)).toContain(refused?.id);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
    for (const received of taken) expect(() => verify(received, secret)).not.toThrow();
    expect((await deliveries()).map(({ state }) => state)).toEqual(taken.map(() => 'DELIVERED'));
    expect(await list()).toMatchObject([{ failures: 0 }]);
  });

  test('that never takes a message is asked for more than a day, gets the others, and that one when a person says so', async () => {
    await create({ events: ['CAPTION_WRITTEN'] });
    const { text: poison } = await newPhoto();
    const isPoison = (received: { captions?: { text: string }[] | undefined }) =>
      received.captions?.some(({ text }) => text === poison) === true;
    await expect.poll(() => receiver.received.length).toBe(1);
    await settled();
    const [first] = receiver.received;
    // It is delivered, and is told again below.
    receiver.answer = ({ data }) => ({ status: isPoison(data) ? 500 : 200 });
    const [delivery] = await deliveries();
    const redeliver = () => ask(server, z.unknown(), REDELIVER, { input: { deliveryId: delivery?.id } });
    await redeliver();
    await expect.poll(() => receiver.received.length).toBe(2);
    expect(await refusal(server, REDELIVER, { input: { deliveryId: delivery?.id } })).toMatchObject({
      code: 'CONFLICT',
    });

    let passed = 0;
    for (let attempt = 1; attempt <= DELAYS.length; attempt += 1) passed += await untilNextAttempt();
    await settled();
    expect(passed).toBeGreaterThan(24 * 3_600_000);
    expect(await deliveries({ state: 'FAILED' })).toMatchObject([{ id: delivery?.id, nextAttemptAt: null }]);

    receiver.answer = () => ({ status: 200 });
    await redeliver();
    await expect.poll(() => deliveries({ state: 'DELIVERED' })).toMatchObject([{ id: delivery?.id }]);
    expect(new Set(receiver.received.map(({ id }) => id))).toEqual(new Set([first?.id]));
  });

  test('that does not take one message is not kept from others', async () => {
    await create({ events: ['CAPTION_WRITTEN', 'JOB_ENDED'] });
    receiver.answer = ({ type }) => ({ status: type === 'job.ended' ? 500 : 200 });
    const job = await server.application.jobs.caption({ onlyMissing: true });
    await expect.poll(() => receiver.received.map(({ message }) => message.data.job?.jobId)).toContain(job.id);
    await settled();
    const { text } = await newPhoto();
    await letPass(10_000);
    await expect.poll(() => texts()).toContain(text);
  });

  test('that says it is gone is told no more', async () => {
    await create({ events: ['CAPTION_WRITTEN'] });
    receiver.answer = () => ({ status: 410 });
    await newPhoto();
    await expect.poll(list).toMatchObject([{ enabled: false }]);
    await settled();
    expect(await deliveries()).toMatchObject([{ state: 'FAILED' }]);
  });
});

test('thousands of captions are told of in messages of a hundred at most, and hold up no other queue', async () => {
  const { store } = server.application;
  await create({ events: ['CAPTION_WRITTEN'] });
  const count = 2000;
  await store.executeSql(
    `INSERT INTO "Image" ("id", "sha256", "mediaType", "width", "height", "byteSize", "bytes", "name")
     SELECT gen_random_uuid(), encode(sha256(n::text::bytea), 'hex'), 'image/png', 1, 1, 1, '', 'many ' || n FROM generate_series(1, ${count}) n`,
    [],
  );
  await store.executeSql(
    `INSERT INTO "GeneratedCaption" ("id", "imageId", "modelId", "text", "words", "logProbability", "attention")
     SELECT gen_random_uuid(), "id", $1::uuid, "name", '[]', 0, '' FROM "Image" WHERE "name" LIKE 'many %'`,
    [model],
  );
  const entries = async () =>
    (await store.executeSql(`SELECT 1 FROM pgboss.job WHERE name = 'webhook' AND state <= 'active'`, [])).rows.length;
  expect(await entries()).toBeLessThan(5);
  await expect.poll(() => new Set(texts()).size).toBe(count);
  expect(receiver.received.length).toBeLessThan(count / 50);
  expect(Math.max(...receiver.received.map(({ message }) => message.data.captions?.length ?? 0))).toBe(100);
  expect(await entries()).toBeLessThan(5);
  await store.executeSql(`DELETE FROM "Image" WHERE "name" LIKE 'many%'`, []);
});
