import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { addTrainable } from '../store/records.js';
import { ask, refusal } from './client.js';
import { subscribe, subscriptionRefusal } from './subscriptions.js';
import { openTestServer, type TestServer } from './test-server.js';
import { ToldTraining } from './told-training.js';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const PROGRESS = `subscription ($jobId: ID!, $afterEpoch: Int! = 0) {
  trainingProgress(jobId: $jobId, afterEpoch: $afterEpoch) {
    __typename
    ... on TrainingJob { state }
    ... on TrainingEpoch { epoch loss bleu cider learningRate imagesPerSecond secondsLeft }
    ... on TrainingStep { step }
    ... on TrainingSample { caption }
  }
}`;

const progressSchema = z
  .object({
    trainingProgress: z.object({
      __typename: z.string(),
      state: z.string().optional(),
      epoch: z.number().optional(),
      step: z.number().optional(),
      caption: z.string().optional(),
    }),
  })
  // One word for each event: what it is, and which.
  .transform(({ trainingProgress: { __typename, ...rest } }) => [__typename, ...Object.values(rest)].join(' '));

function follow(jobId: string, afterEpoch = 0, client = server.subscribe()) {
  return subscribe(client, progressSchema, PROGRESS, { jobId, afterEpoch });
}

async function all(events: AsyncIterable<string>): Promise<string[]> {
  const told: string[] = [];
  for await (const event of events) told.push(event);
  return told;
}

describe('trainingProgress', () => {
  test('tells the state so far with all its epochs, then what happens, and ends with the job', async () => {
    const job = await ToldTraining.begin(server);
    await job.finishEpoch(1);
    await job.finishEpoch(2);
    const events = follow(job.id);
    expect((await events.next()).value).toBe('TrainingJob RUNNING');
    expect((await events.next()).value).toBe('TrainingEpoch 1');
    expect((await events.next()).value).toBe('TrainingEpoch 2');
    await job.step(7);
    await job.tell({ type: 'sample', epoch: 3, image: 'dog.jpg', caption: 'a dog runs' });
    await job.finishEpoch(3);
    await job.finish();
    expect(await all(events)).toEqual([
      'TrainingStep 7',
      'TrainingSample a dog runs',
      'TrainingEpoch 3',
      'TrainingJob SUCCEEDED',
    ]);
  });

  test('a client that lost its connection and names the last epoch it knows misses none and hears none twice', async () => {
    const job = await ToldTraining.begin(server);
    const client = server.subscribe();
    const before = follow(job.id, 0, client);
    await before.next();
    await job.finishEpoch(1);
    expect((await before.next()).value).toBe('TrainingEpoch 1');
    await client.dispose();
    await job.finishEpoch(2);
    await job.finishEpoch(3);
    const after = follow(job.id, 1);
    await job.finishEpoch(4);
    await job.finish();
    const told = (await all(after)).filter((event) => event !== 'TrainingJob RUNNING');
    expect(told).toEqual(['TrainingEpoch 2', 'TrainingEpoch 3', 'TrainingEpoch 4', 'TrainingJob SUCCEEDED']);
  });

  test('of a job that has ended it tells the epochs and the end', async () => {
    const job = await ToldTraining.begin(server);
    await job.finishEpoch(1);
    await job.finish();
    expect(await all(follow(job.id))).toEqual(['TrainingEpoch 1', 'TrainingJob SUCCEEDED']);
  });

  test('many clients of one connection hear the same', async () => {
    const job = await ToldTraining.begin(server);
    const client = server.subscribe();
    const streams = Array.from({ length: 5 }, () => follow(job.id, 0, client));
    const told = Promise.all(streams.map(all));
    await job.finishEpoch(1);
    await job.finish();
    for (const events of await told) expect(events.slice(-2)).toEqual(['TrainingEpoch 1', 'TrainingJob SUCCEEDED']);
  });

  test.each([
    ['an unknown job', { jobId: '01900000-0000-7000-8000-000000000000' }, 'NOT_FOUND'],
    ['an id that is none', { jobId: 'nothing' }, 'NOT_FOUND'],
    ['an epoch that cannot be', { jobId: '01900000-0000-7000-8000-000000000000', afterEpoch: -1 }, 'BAD_USER_INPUT'],
  ])('%s is refused by its code', async (_, variables, code) => {
    expect(await subscriptionRefusal(server.subscribe(), PROGRESS, variables)).toMatchObject({ code });
  });
});

describe('training jobs', () => {
  const START =
    'mutation ($input: StartTrainingInput!) { startTraining(input: $input) { id state settings { epochs seed architecture cell } } }';
  const startedSchema = z.object({
    startTraining: z.object({
      id: z.string(),
      state: z.string(),
      settings: z.object({ epochs: z.number(), seed: z.number(), architecture: z.string(), cell: z.string() }),
    }),
  });

  test('a training is queued with the settings asked for, listed, and can be cancelled once', async () => {
    await addTrainable(server.application.store);
    const { startTraining } = await ask(server, startedSchema, START, {
      input: { epochs: 3, seed: 7, name: 'mine', architecture: 'SHOW_AND_TELL', cell: 'GRU' },
    });
    expect(startTraining).toMatchObject({
      state: 'QUEUED',
      settings: { epochs: 3, seed: 7, architecture: 'SHOW_AND_TELL', cell: 'GRU' },
    });
    const variables = { id: startTraining.id };
    const jobSchema = z.object({ job: z.object({ state: z.string(), name: z.string() }) });
    expect(
      await ask(server, jobSchema, 'query ($id: ID!) { job: trainingJob(id: $id) { state name } }', variables),
    ).toEqual({
      job: { state: 'QUEUED', name: 'mine' },
    });
    const cancel = 'mutation ($id: ID!) { job: cancelTraining(input: { jobId: $id }) { state name } }';
    expect((await ask(server, jobSchema, cancel, variables)).job.state).toBe('CANCELLED');
    expect((await refusal(server, cancel, variables)).code).toBe('CONFLICT');
    const listSchema = z.object({
      trainingJobs: z.object({ edges: z.array(z.object({ node: z.object({ id: z.string() }) })) }),
    });
    const { trainingJobs } = await ask(
      server,
      listSchema,
      '{ trainingJobs(filter: { state: CANCELLED }) { edges { node { id } } } }',
    );
    expect(trainingJobs.edges).toEqual([{ node: { id: startTraining.id } }]);
  });

  test.each([{ epochs: 0 }, { epochs: 100_000 }, { learningRate: -1 }, { labelSmoothing: 2 }, { name: '' }])(
    'settings out of range are refused by name: %o',
    async (input) => {
      const { code, message } = await refusal(server, START, { input });
      expect(code).toBe('BAD_USER_INPUT');
      expect(message).toContain(Object.keys(input)[0]);
    },
  );
});
