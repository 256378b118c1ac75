/** The built server is killed while a receiver is down, and while it has taken a message without an answer yet. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { picture } from '../collection/seeing.js';
import { prepareCollection } from '../full-disk/round.js';
import { Server } from '../full-disk/server.js';
import { testUrl } from '../store/open-test-store.js';
import { Receiver, verify } from './receiver.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ekphrasis-webhooks-'));
  await prepareCollection(directory);
});
afterAll(() => rm(directory, { recursive: true }));

const createdSchema = z.object({ data: z.object({ createWebhook: z.object({ secret: z.string() }) }) });

async function ask(server: Server, query: string, variables: object = {}): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(server.url, { method: 'POST', body: JSON.stringify({ query, variables }), headers })).json();
}

describe.skipIf(testUrl() !== undefined)('a server that is killed', () => {
  test('tells of every event all the same, at least once, under one id', async () => {
    const environment: NodeJS.ProcessEnv = {
      ...process.env,
      EKPHRASIS_DATA: directory,
      EKPHRASIS_CACHE: join(directory, 'cache'),
      VGG16_WEIGHTS: 'random:1',
      VGG16_PRECISION: 'fp32',
      FETCH_ALLOW: '127.0.0.1',
      LOG_LEVEL: 'fatal',
      PORT: '0',
    };
    const receiver = await Receiver.open();
    let server = await Server.start(environment);
    const written: string[] = [];
    const write = async (seed: number) => {
      const answer = await server.upload(await picture(seed), `${seed}.png`);
      if (!('stored' in answer)) throw new Error(JSON.stringify(answer));
      written.push(answer.stored.captionId);
    };
    try {
      const created = await ask(
        server,
        'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret } }',
        { input: { url: receiver.url, events: ['CAPTION_WRITTEN'] } },
      );
      const { secret } = createdSchema.parse(created).data.createWebhook;

      // It is killed at the moment at which a message has arrived and nobody knows yet.
      const arrived = new Promise<void>((resolve) => {
        receiver.answer = () => {
          resolve();
          return { status: 503 };
        };
      });
      await write(101);
      await arrived;
      await server.end('SIGKILL');
      await receiver.down();

      // Nobody listens: what is written waits, and the server is killed again.
      server = await Server.start(environment);
      await write(102);
      await write(103);
      await server.end('SIGKILL');

      receiver.answer = () => ({ status: 200 });
      await receiver.up();
      server = await Server.start(environment);
      await write(104);
      const told = () =>
        receiver.taken.flatMap(({ message }) => message.data.captions ?? []).map((item) => item['captionId']);
      await expect.poll(() => [...new Set(told())].sort()).toEqual([...written].sort());
      for (const received of receiver.received) expect(() => verify(received, secret)).not.toThrow();
      // Each event has one id, whenever it was sent.
      const ids = new Map<unknown, Set<string>>();
      for (const { id, message } of receiver.received)
        for (const { captionId } of message.data.captions ?? [])
          ids.set(captionId, (ids.get(captionId) ?? new Set()).add(id));
      expect([...ids.values()].map(({ size }) => size)).toEqual(written.map(() => 1));
      expect(receiver.received[0]?.id).toBe(
        receiver.taken.find(({ message }) => message.data.captions?.[0]?.['captionId'] === written[0])?.id,
      );
    } finally {
      await server.end('SIGTERM');
      await receiver.down();
    }
  });
});
