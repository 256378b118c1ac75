/** What a training job is told: the trainer's settings, and what to train on and to call the result. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId } from '../ids.js';
import type { JobState } from '../store/jobs.js';
import type { ModelRecord } from '../store/models.js';
import type { TrainingState } from '../store/training-jobs.js';
import { trainingSettingsSchema } from '../training/settings.js';

/** Longest name of a model. */
const LONGEST_NAME = 200;

export const jobSettingsSchema = z.object({
  /** Of the model that comes of it. */
  name: z.string().trim().min(1).max(LONGEST_NAME),
  /** Only photos of this data set are trained on; those of all without. */
  dataset: z.string().optional(),
  /** The model that is trained on; the training begins from nothing without. */
  fromModelId: z.string().transform((id) => id as ModelId).optional(),
  training: trainingSettingsSchema,
});

export type JobSettings = z.infer<typeof jobSettingsSchema>;

/** A training as it is asked for: what is left out has its default. */
export interface TrainingRequest {
  readonly name?: string | undefined;
  readonly dataset?: string | undefined;
  readonly fromModelId?: ModelId | undefined;
  readonly settings?: SettingsInput | undefined;
}

export type SettingsInput = z.input<typeof trainingSettingsSchema>;

/**
 * @param from the model of `fromModelId`
 * @throws BAD_USER_INPUT that names every setting that is out of range, or that contradicts the earlier model
 */
export function toJobSettings({ name, dataset, settings = {} }: TrainingRequest, from?: ModelRecord): JobSettings {
  const moment = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const training = from ? fineTuningSettings(settings, from) : settings;
  return checked({ name: name ?? `Captioner of ${moment}`, dataset, fromModelId: from?.id, training });
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

/** The highest learning rate of a fine-tuning where none is given: what was learned before is not to be lost. Measured, docs/design.md. */
export const FINE_TUNING_RATE = 1e-4;

const sizesSchema = z.object({ embeddingSize: z.number(), hiddenSize: z.number(), attentionSize: z.number() });

/** What a fine-tuning is told: sizes are the earlier model's. @throws BAD_USER_INPUT when others are asked for */
function fineTuningSettings(settings: SettingsInput, from: ModelRecord): SettingsInput {
  const sizes = sizesSchema.parse(from.settings);
  for (const name of sizesSchema.keyof().options) {
    const asked = settings[name];
    if (asked === undefined || asked === sizes[name]) continue;
    const message = `The model "${from.name}" has the ${name} ${sizes[name]}, which stays; ${asked} cannot be had. Leave ${name} out.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  return { ...settings, ...sizes, learningRate: settings.learningRate ?? FINE_TUNING_RATE };
}

/** Whether a job in this state, a training or one over the collection, may still do something. */
export function isOpen(state: TrainingState | JobState): boolean {
  return state === 'QUEUED' || state === 'RUNNING' || state === 'PAUSED';
}
