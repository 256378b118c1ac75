/** What a training job is told: the trainer's settings, and what to train on and to call the result. */
import { z } from 'zod';
import { architectureSchema } from '../captioner/decoders/all.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, ModelId } from '../ids.js';
import type { ModelRecord, TrainedTask } from '../store/models.js';
import { searchSettingsSchema } from '../training/joint-embedding/settings.js';
import { isSettingOf } from '../training/setting-table.js';
import { FINE_TUNING_RATE, trainingSettingsSchema } from '../training/settings.js';
import { type Use, USES } from '../models/use.js';
import type { Needs } from '../store/needs.js';
import { type TrainingKind, withRecipe } from './corrections.js';

/** Longest name of a model. */
const LONGEST_NAME = 200;

const commonSchema = z.object({
  /** Of the model that comes of it. */
  name: z.string().trim().min(1).max(LONGEST_NAME),
  /** Id of the data set whose photos alone are trained on. Default: all. */
  dataset: z
    .string()
    .transform((id) => id as DatasetId)
    .optional(),
  /** The captioner that the training begins with. Default: none for a captioner, the current one for a search model. */
  fromModelId: z
    .string()
    .transform((id) => id as ModelId)
    .optional(),
  /** When the model takes the place of the one in use. */
  use: z.enum(USES).default('NEVER'),
  /** Only photos whose captions people gave here are learned from, by those captions. */
  corrections: z.literal(true).optional(),
});

const jobSettingsSchema = z.discriminatedUnion('task', [
  commonSchema.extend({ task: z.literal('CAPTION'), training: trainingSettingsSchema }),
  commonSchema.extend({ task: z.literal('SEARCH'), training: searchSettingsSchema }),
]);

export type JobSettings = z.infer<typeof jobSettingsSchema>;

/** The settings of a job's row. Trainings of an earlier version, which have no task, are of captioners. */
export function readJobSettings(given: unknown): JobSettings {
  return jobSettingsSchema.parse({ task: 'CAPTION', ...z.looseObject({}).parse(given) });
}

/** A training as it is asked for: what is left out has its default. */
export interface TrainingRequest {
  /** Default: CAPTION. */
  readonly task?: TrainingKind | undefined;
  readonly name?: string | undefined;
  /** Id of a data set, or its name. */
  readonly dataset?: string | undefined;
  readonly fromModelId?: ModelId | undefined;
  /** Default: NEVER. Where there is no model in use, it is used in any case. */
  readonly use?: Use | undefined;
  readonly settings?: SettingsInput | undefined;
}

export type SettingsInput = z.input<typeof trainingSettingsSchema> | z.input<typeof searchSettingsSchema>;

/**
 * @param from the model of `fromModelId`, once it was looked up; its sizes stay
 * @throws BAD_USER_INPUT that names every setting that is unknown or out of range, or that contradicts the earlier model
 */
export function toJobSettings(request: TrainingRequest, from?: ModelRecord): JobSettings {
  const { name, dataset, fromModelId, use } = request;
  const { task, corrections, settings } = withRecipe({ ...request, settings: request.settings ?? {} });
  const moment = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const called = task === 'CAPTION' ? 'Captioner' : 'Search model';
  const training = from ? settingsFrom(from, task, settings) : settings;
  if (fromModelId === undefined && 'phases' in settings && settings.phases?.[0]?.objective === 'SELF_CRITICAL') {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      'A model that has learned nothing yet cannot learn from its own captions: begin with a phase of CROSS_ENTROPY, or from a model.',
    );
  }
  const unknown = Object.keys(training).filter((setting) => !isSettingOf(task, setting));
  const faults = unknown.map((setting) => `${setting}: ${called.toLowerCase()}s have no such setting`);
  return checked(
    { task, use, name: name ?? `${called} of ${moment}`, dataset, fromModelId, corrections, training },
    faults,
  );
}

/**
 * The settings of a training that goes on.
 *
 * @param given as its job has them
 * @param learningRate the highest from now on. Default: as it was.
 * @throws BAD_USER_INPUT
 */
export function toResumedSettings(given: unknown, learningRate: number | undefined): JobSettings {
  const settings = readJobSettings(given);
  return learningRate === undefined
    ? settings
    : checked({ ...settings, training: atMost(settings.training, learningRate) });
}

/** A self-critical phase has a rate of its own, which is far lower: it stays where it is below the new one. */
function atMost(training: JobSettings['training'], learningRate: number): JobSettings['training'] {
  if (!('phases' in training) || training.phases === undefined) return { ...training, learningRate };
  const phases = training.phases.map((phase) =>
    phase.learningRate === undefined ? phase : { ...phase, learningRate: Math.min(phase.learningRate, learningRate) },
  );
  return { ...training, learningRate, phases };
}

/** @param known faults that were found already; they are told with the others */
function checked(settings: unknown, known: readonly string[] = []): JobSettings {
  const parsed = jobSettingsSchema.safeParse(settings);
  if (parsed.success && known.length === 0) return parsed.data;
  const found = (parsed.error?.issues ?? []).map(
    ({ path, message }) => `${path.filter((part) => part !== 'training').join('.')}: ${message}`,
  );
  const faults = [...known, ...found].join('; ');
  throw new EkphrasisError(ErrorCode.BadInput, `The settings of the training cannot be used: ${faults}.`);
}

const networkSchema = architectureSchema.pick({
  architecture: true,
  cell: true,
  embeddingSize: true,
  hiddenSize: true,
  attentionSize: true,
});

/**
 * What a training is told that begins with a captioner: its network stays. A search model takes over no more than word
 * vectors.
 *
 * @throws BAD_USER_INPUT when others are asked for
 */
function settingsFrom(from: ModelRecord, task: TrainedTask, settings: SettingsInput): SettingsInput {
  const { embeddingSize, ...others } = networkSchema.parse(from.settings);
  const sizes = task === 'SEARCH' ? { embeddingSize } : { embeddingSize, ...others };
  const asked = new Map<string, unknown>(Object.entries(settings));
  for (const [name, size] of Object.entries(sizes)) {
    const wish = asked.get(name);
    if (wish === undefined || wish === size) continue;
    const message = `The model "${from.name}" has the ${name} ${size}, which stays; ${JSON.stringify(wish)} cannot be had. Leave ${name} out.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  const learningRate = settings.learningRate ?? (task === 'CAPTION' ? FINE_TUNING_RATE : undefined);
  return { ...settings, ...sizes, learningRate };
}

/** What a training reads, by the settings of its row. */
export function needsOfTraining(settings: unknown): Needs {
  const { fromModelId, dataset } = readJobSettings(settings);
  return { models: [fromModelId], photos: { of: dataset } };
}
