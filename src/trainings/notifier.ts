/** What processes tell each other of a running training. */
import { z } from 'zod';
import { TRAINING_STAGES } from '../training/stages.js';
import type { TrainingJobId } from '../ids.js';
import { changed, type Channels, Notifier } from '../queue/notifier.js';

const CHANNEL = 'ekphrasis_training';

/**
 * PostgreSQL refuses payloads of 8,000 bytes and more; a sample's caption is the only text without an end of its own.
 */
const LONGEST_TEXT = 1000;

const text = z.string().transform((value) => value.slice(0, LONGEST_TEXT));

/** What a training works with, as its notice and its row have it. */
export const startedSchema = z.object({
  parameters: z.number(),
  images: z.number(),
  captions: z.number(),
  vocabularySize: z.number(),
  stepsPerEpoch: z.number(),
  epochs: z.number(),
  engine: z.string(),
  device: z.string(),
  /** A training that was begun by an older program has none. */
  explanation: z.string().default(''),
});

/** A training's last step, likewise. */
export const stepSchema = z.object({
  step: z.number(),
  epoch: z.number(),
  loss: z.number(),
  reward: z.number().optional(),
  learningRate: z.number(),
  imagesPerSecond: z.number(),
  secondsLeft: z.number(),
});

/** What a training is at, likewise. */
export const stageSchema = z.object({
  stage: z.enum(TRAINING_STAGES),
  done: z.number(),
  total: z.number().nullable(),
  secondsLeft: z.number().nullable(),
});

/** What happens between epochs, of interest only while it happens. */
const liveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('preparing'), done: z.number(), total: z.number() }),
  startedSchema.extend({ type: z.literal('started'), explanation: text.default('') }),
  stepSchema.extend({ type: z.literal('step') }),
  stageSchema.extend({ type: z.literal('stage') }),
  z.object({ type: z.literal('sample'), epoch: z.number(), image: text, caption: text }),
]);
export type LiveEvent = z.infer<typeof liveEvent>;

const notice = z.union([liveEvent, changed]);
export type TrainingNotice = z.infer<typeof notice>;

export type TrainingNotifier = Notifier<TrainingJobId, TrainingNotice>;

export function openTrainingNotifier(channels: Channels): Promise<TrainingNotifier> {
  return Notifier.open(channels, CHANNEL, notice);
}

/** Of which kind a reader needs the newest only. Every epoch has samples of the same few photos. */
export function kindOfNotice(told: TrainingNotice): string {
  return told.type === 'sample' ? `sample of ${told.image}` : told.type;
}
