/** What a training job is told: the trainer's settings, and what to train on and to call the result. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { JobState } from '../store/jobs.js';
import type { TrainingState } from '../store/training-jobs.js';
import { trainingSettingsSchema } from '../training/settings.js';

/** Longest name of a model. */
const LONGEST_NAME = 200;

export const jobSettingsSchema = z.object({
  /** Of the model that comes of it. */
  name: z.string().trim().min(1).max(LONGEST_NAME),
  /** Only photos of this data set are trained on; those of all without. */
  dataset: z.string().optional(),
  training: trainingSettingsSchema,
});

export type JobSettings = z.infer<typeof jobSettingsSchema>;

/** A training as it is asked for: what is left out has its default. */
export interface TrainingRequest {
  readonly name?: string | undefined;
  readonly dataset?: string | undefined;
  readonly settings?: z.input<typeof trainingSettingsSchema> | undefined;
}

/** @throws BAD_USER_INPUT that names every setting that is out of range */
export function toJobSettings({ name, dataset, settings = {} }: TrainingRequest): JobSettings {
  const moment = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return checked({ name: name ?? `Captioner of ${moment}`, dataset, training: settings });
}

/**
 * The settings of a training that goes on.
 *
 * @param given as its job has them
 * @param learningRate the highest from now on; as it was without
 * @throws BAD_USER_INPUT
 */
export function toResumedSettings(given: unknown, learningRate: number | undefined): JobSettings {
  const settings = jobSettingsSchema.parse(given);
  return learningRate === undefined ? settings : checked({ ...settings, training: { ...settings.training, learningRate } });
}

function checked(settings: z.input<typeof jobSettingsSchema>): JobSettings {
  const parsed = jobSettingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${String(path.at(-1))}: ${message}`);
  throw new EkphrasisError(ErrorCode.BadInput, `The settings of the training cannot be used: ${faults.join('; ')}.`);
}

/** Whether a job in this state, a training or one over the collection, may still do something. */
export function isOpen(state: TrainingState | JobState): boolean {
  return state === 'QUEUED' || state === 'RUNNING' || state === 'PAUSED';
}
