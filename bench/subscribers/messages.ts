/** What the processes of the bench say to each other. */
import { z } from 'zod';

export const askedSchema = z.enum(['measure', 'measure after collecting', 'train', 'end']);

export const measuredSchema = z.object({
  /** In bytes. */
  rss: z.number(),
  heapUsed: z.number(),
  /** Readings of a training's rows since the start. */
  readings: z.number(),
  /** How late the event loop was since it was last asked, in milliseconds. */
  lag: z.object({ p50: z.number(), p99: z.number(), most: z.number() }),
  /** Of this process since the start, in seconds. */
  cpu: z.number(),
});

export const crowdSchema = z.object({
  url: z.string(),
  jobId: z.string(),
  clients: z.number(),
  slow: z.number(),
  /** How many go away in the middle and come again. */
  leaving: z.number(),
  epochs: z.number(),
});

export const crowdReportSchema = z.object({
  /** Who did not see every epoch once and in order, and what they saw. */
  wrong: z.array(z.string()),
  cameAgain: z.number(),
  /** Events that a client was told, on the average. */
  eventsOfQuick: z.number(),
  eventsOfSlow: z.number(),
});
