/** Clients of subscriptions that are slow, and that are many. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import { SLOW_CLIENT } from '../../src/api/server/websocket.js';
import { openSocket, type RawSocket } from './raw-socket.js';
import { openTestServer, type TestServer } from './test-server.js';
import { ToldTraining } from './told-training.js';

const PATIENCE_MILLISECONDS = 500;
const MOST_SOCKETS = 12;

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ MAX_SOCKETS: String(MOST_SOCKETS) });
});
afterAll(() => server.close());

/** More than the system keeps for a connection whose other end does not read: each is told in 1.1 MB. */
const LARGE_EPOCHS = 12;
const LARGE_SAMPLES = [{ image: 'dog.jpg', caption: 'a dog runs '.repeat(5_000) }];
const SAMPLES_TIMES_20 = Array.from({ length: 20 }, (_, index) => `s${index}: samples { caption }`).join(' ');
const STEPS = 200;

const nextSchema = z.object({
  data: z.object({
    trainingProgress: z.object({
      __typename: z.string(),
      state: z.string().optional(),
      epoch: z.number().optional(),
      step: z.number().optional(),
    }),
  }),
});
type Told = z.infer<typeof nextSchema>['data']['trainingProgress'];

function follow(socket: RawSocket, job: ToldTraining, { id = '1', samples = '' } = {}): void {
  const query = `subscription { trainingProgress(jobId: "${job.id}") {
    __typename ... on TrainingJob { state } ... on TrainingStep { step } ... on TrainingEpoch { epoch ${samples} }
  } }`;
  socket.send({ id, type: 'subscribe', payload: { query } });
}

async function next(socket: RawSocket): Promise<Told | undefined> {
  const { type, payload } = await socket.receive();
  return type === 'next' ? nextSchema.parse(payload).data.trainingProgress : undefined;
}

/** What is told until something is of which this holds, or until the end. */
async function until(socket: RawSocket, holds: (told: Told) => boolean): Promise<Told[]> {
  const all: Told[] = [];
  for (let told = await next(socket); told; told = await next(socket)) {
    all.push(told);
    if (holds(told)) break;
  }
  return all;
}

test('more connections than are allowed are refused with a status, and a time to come again', async () => {
  const sockets = await Promise.all(Array.from({ length: MOST_SOCKETS }, () => openSocket(server.url)));
  const one = new WebSocket(server.url.replace('http', 'ws'), 'graphql-transport-ws');
  const refusal = await new Promise<{ status: number | undefined; retryAfter: string | undefined }>((resolve) => {
    one.once('error', () => undefined);
    one.once('unexpected-response', (_request, { statusCode, headers }) => {
      resolve({ status: statusCode, retryAfter: headers['retry-after'] });
    });
  });
  expect(refusal).toEqual({ status: 503, retryAfter: '10' });
  for (const socket of sockets) socket.close();
  await Promise.all(sockets.map(({ closed }) => closed));
});

test('who did not read for a while is told every epoch once, and the newest step in place of those it missed', async () => {
  const job = await ToldTraining.begin(server);
  const quick = await openSocket(server.url);
  const slow = await openSocket(server.url);
  follow(slow, job, { samples: SAMPLES_TIMES_20 });
  await next(slow);
  slow.pause();
  for (let epoch = 1; epoch <= LARGE_EPOCHS; epoch += 1) await job.finishEpoch(epoch, LARGE_SAMPLES);
  follow(quick, job);
  await next(quick);
  for (let step = 1; step <= STEPS; step += 1) await job.step(step);
  await until(quick, ({ step }) => step === STEPS);
  slow.resume();
  const told = await until(slow, ({ step }) => step === STEPS);
  await job.finishEpoch(LARGE_EPOCHS + 1);
  await job.finish();
  told.push(...(await until(slow, () => false)));
  const epochs = told.flatMap(({ epoch }) => epoch ?? []);
  expect(epochs).toEqual(Array.from({ length: LARGE_EPOCHS + 1 }, (_, index) => index + 1));
  expect(told.flatMap(({ step }) => step ?? [])).toEqual([STEPS]);
  expect(told.at(-1)).toMatchObject({ state: 'SUCCEEDED' });
  slow.close();
  quick.close();
});

test('who never reads is not read either, and let go with a code that says why', async () => {
  const impatient = await openTestServer({}, PATIENCE_MILLISECONDS);
  const job = await ToldTraining.begin(impatient);
  const socket = await openSocket(impatient.url);
  follow(socket, job, { samples: SAMPLES_TIMES_20 });
  await next(socket);
  socket.pause();
  for (let epoch = 1; epoch <= LARGE_EPOCHS; epoch += 1) await job.finishEpoch(epoch, LARGE_SAMPLES);
  // Each asks for an answer of the same length, which the server would have to keep.
  for (let count = 0; count < 500; count += 1) socket.send({ type: 'ping', payload: { text: 'x'.repeat(60_000) } });
  await expect.poll(() => impatient.logged.join()).toContain('did not read');
  expect(socket.unsent).toBeGreaterThan(0);
  socket.resume();
  expect(await socket.closed).toBe(SLOW_CLIENT);
  await impatient.close();
});

test('readers of one job share what is read of it', async () => {
  const job = await ToldTraining.begin(server);
  const sockets = await Promise.all(Array.from({ length: 10 }, () => openSocket(server.url)));
  const each = (read: (socket: RawSocket) => Promise<unknown>) =>
    Promise.all(
      sockets.map(async (socket) => {
        for (let id = 0; id < 20; id += 1) await read(socket);
      }),
    );
  for (const socket of sockets) for (let id = 0; id < 20; id += 1) follow(socket, job, { id: String(id) });
  await each(next);
  await job.step(1);
  await each(next);
  const { trainingJobs } = server.application.store;
  const readings = [vi.spyOn(trainingJobs, 'find'), vi.spyOn(trainingJobs, 'epochs')];
  await job.finishEpoch(1);
  await each(async (socket) => {
    expect(await next(socket)).toMatchObject({ epoch: 1 });
  });
  for (const reading of readings) expect(reading.mock.calls.length).toBeLessThanOrEqual(5);
  vi.restoreAllMocks();
  for (const socket of sockets) socket.close();
  await Promise.all(sockets.map(({ closed }) => closed));
});
