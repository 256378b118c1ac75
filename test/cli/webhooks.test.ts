/** `ekphrasis webhooks`, against a receiver on this machine. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Receiver, verify } from '../webhooks/receiver.js';
import { addressOf, type CommandLine, openCommandLine } from './command-line.js';

let line: CommandLine;
let receiver: Receiver;
beforeAll(async () => {
  line = await openCommandLine();
  receiver = await Receiver.open();
});
afterAll(async () => {
  await receiver.down();
  await line.close();
});

const ALLOWED = { FETCH_ALLOW: '127.0.0.1' };
const madeSchema = z.object({ id: z.string(), name: z.string(), events: z.array(z.string()), secret: z.string() });
const listSchema = z.array(z.looseObject({ id: z.string(), enabled: z.boolean() }));
const deliveriesSchema = z.array(z.object({ id: z.string(), state: z.string(), attempts: z.array(z.unknown()) }));

test('a webhook is added, listed, tested and removed, and its messages are listed', async () => {
  const refused = await line.run('webhooks', 'add', receiver.url);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('FETCH_ALLOW')]);

  const added = await line.runWith(ALLOWED, 'webhooks', 'add', receiver.url, '--events', 'job.ended', '--json');
  const { secret, ...webhook } = madeSchema.parse(JSON.parse(added.stdout));
  expect(webhook).toMatchObject({ name: `127.0.0.1:${receiver.port}`, events: ['job.ended'] });
  const listed = await line.run('webhooks', '--json');
  expect(listSchema.parse(JSON.parse(listed.stdout))).toMatchObject([{ id: webhook.id, enabled: true }]);
  expect(listed.stdout).not.toContain(secret);

  const tested = await line.runWith(ALLOWED, 'webhooks', 'test', webhook.id);
  expect([tested.code, tested.stdout]).toEqual([0, expect.stringContaining('DELIVERED  attempt 1  status 204')]);
  for (const received of receiver.received) expect(verify(received, secret)).toMatchObject({ type: 'webhook.test' });
  receiver.answer = () => ({ status: 500 });
  const failed = await line.runWith(ALLOWED, 'webhooks', 'test', webhook.id);
  expect([failed.code, failed.stdout]).toEqual([1, expect.stringContaining('FAILED  attempt 1  status 500')]);

  const deliveries = await line.run('webhooks', 'deliveries', webhook.id, '--json');
  expect(deliveriesSchema.parse(JSON.parse(deliveries.stdout)).map(({ state }) => state)).toEqual([
    'FAILED',
    'DELIVERED',
  ]);
  expect((await line.run('webhooks', 'disable', webhook.id)).stdout).toContain('disabled');
  expect((await line.run('webhooks', 'remove', webhook.id)).code).toBe(0);
  expect(JSON.parse((await line.run('webhooks', '--json')).stdout)).toEqual([]);
  expect((await line.run('webhooks', 'remove', webhook.id)).stderr).toContain('NOT_FOUND');
});

test('beside a server that has the database open, the server does it', async () => {
  const server = line.start('serve');
  const ended = once(server, 'exit');
  await addressOf(server);
  const added = await line.run('webhooks', 'add', 'https://example.org/hook', '--events', 'model.switched', '--json');
  const { id, events } = madeSchema.parse(JSON.parse(added.stdout));
  expect(events).toEqual(['model.switched']);
  expect((await line.run('webhooks')).stdout).toContain(`${id}  enabled  model.switched  example.org`);
  expect((await line.run('webhooks', 'remove', id)).code).toBe(0);
  server.kill('SIGTERM');
  await ended;
});

test('an event that is not known is told with those that are', async () => {
  const { code, stderr } = await line.run('webhooks', 'add', 'https://example.org/', '--events', 'photo.taken');
  expect(code).toBe(2);
  expect(stderr).toContain('caption.written, altText.approved, job.ended, model.switched');
});
