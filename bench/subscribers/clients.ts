/**
 * The clients of the bench, each with a connection of its own: they follow one training and tell what they were told.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { z } from 'zod';
import { type crowdReportSchema, crowdSchema } from './messages.js';

/** Of a slow client: it reads for a moment, then not for seconds. */
const READ_MILLISECONDS = 50;
const REST_MILLISECONDS = 5_000;
/** For how long a client is away that comes again. */
const AWAY_MILLISECONDS = 1_000;

const PROGRESS = `subscription ($jobId: ID!, $afterEpoch: Int!) {
  trainingProgress(jobId: $jobId, afterEpoch: $afterEpoch) {
    __typename
    ... on TrainingJob { state }
    ... on TrainingPreparation { done total }
    ... on TrainingStep { step epoch loss learningRate imagesPerSecond secondsLeft }
    ... on TrainingSample { epoch imageName caption }
    ... on TrainingEpoch { epoch loss bleu cider samples { imageName caption } }
  }
}`;

const toldSchema = z.object({
  trainingProgress: z.discriminatedUnion('__typename', [
    z.object({ __typename: z.literal('TrainingJob'), state: z.string() }),
    z.object({ __typename: z.literal('TrainingEpoch'), epoch: z.number() }),
    z.object({ __typename: z.enum(['TrainingPreparation', 'TrainingStarted', 'TrainingStep', 'TrainingSample']) }),
  ]),
});

interface Follower {
  readonly epochs: number[];
  events: number;
  connections: number;
  state: string;
}

/** Follows the training to its end, over as many connections as it takes. */
async function follow(
  { url, jobId, epochs }: Crowd,
  kind: 'quick' | 'slow' | 'leaving',
  number: number,
  onFirst: () => void,
): Promise<Follower> {
  const follower: Follower = { epochs: [], events: 0, connections: 0, state: '' };
  const leavesAfter = kind === 'leaving' ? 1 + (number % Math.max(1, epochs - 2)) : Infinity;
  while (follower.state !== 'SUCCEEDED') {
    let rests: NodeJS.Timeout | undefined;
    const webSocketImpl = class extends WebSocket {
      constructor(address: string, protocol: string) {
        super(address, protocol);
        if (kind === 'slow')
          this.once('open', () => {
            rests = rest(this);
          });
      }
    };
    const client = createClient({ url, webSocketImpl, retryAttempts: 0 });
    follower.connections += 1;
    const variables = { jobId, afterEpoch: follower.epochs.at(-1) ?? 0 };
    try {
      for await (const { data, errors } of client.iterate({ query: PROGRESS, variables })) {
        if (errors) throw new Error(JSON.stringify(errors));
        const { trainingProgress: told } = toldSchema.parse(data);
        follower.events += 1;
        if (told.__typename === 'TrainingJob') follower.state = told.state;
        if (told.__typename === 'TrainingEpoch') follower.epochs.push(told.epoch);
        if (follower.events === 1) onFirst();
        if (follower.connections === 1 && follower.epochs.length >= leavesAfter) break;
      }
    } catch (error) {
      console.error('a client lost its connection:', error instanceof Error ? error.message : error);
    }
    clearInterval(rests);
    await client.dispose();
    if (follower.state !== 'SUCCEEDED') await wait(AWAY_MILLISECONDS);
  }
  return follower;
}

function rest(socket: WebSocket): NodeJS.Timeout {
  return setInterval(() => {
    socket.resume();
    setTimeout(() => {
      socket.pause();
    }, READ_MILLISECONDS);
  }, REST_MILLISECONDS);
}

type Crowd = z.infer<typeof crowdSchema>;

async function followAll(crowd: Crowd): Promise<z.infer<typeof crowdReportSchema>> {
  let waiting = crowd.clients;
  const onFirst = () => {
    waiting -= 1;
    if (waiting === 0) process.send?.('all are there');
  };
  const kindOf = (number: number) =>
    number < crowd.slow ? 'slow' : number < crowd.slow + crowd.leaving ? 'leaving' : 'quick';
  const followers = await Promise.all(
    Array.from({ length: crowd.clients }, async (_, number) => ({
      kind: kindOf(number),
      ...(await follow(crowd, kindOf(number), number, onFirst)),
    })),
  );
  const right = Array.from({ length: crowd.epochs }, (_, index) => index + 1).join();
  const mean = (slow: boolean) => {
    const events = followers.filter(({ kind }) => (kind === 'slow') === slow).map((follower) => follower.events);
    return events.reduce((sum, count) => sum + count, 0) / Math.max(1, events.length);
  };
  return {
    wrong: followers
      .filter(({ epochs }) => epochs.join() !== right)
      .map(({ kind, epochs }) => `${kind}: ${epochs.join()}`),
    cameAgain: followers.filter(({ connections }) => connections > 1).length,
    eventsOfQuick: mean(false),
    eventsOfSlow: mean(true),
  };
}

process.once('message', (message) => {
  void followAll(crowdSchema.parse(message)).then((report) => {
    process.send?.(report);
    process.disconnect();
  });
});
