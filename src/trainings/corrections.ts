/** Trainings on what people wrote and corrected here: the recipe, and when there is enough for it. */
import type { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId } from '../ids.js';
import { findModelOrCurrent } from '../models/registry.js';
import type { TrainedTask } from '../store/models.js';
import type { Store } from '../store/store.js';
import type { trainingSettingsSchema } from '../training/settings.js';

/** What a training can be asked for: the task of a model, or the current captioner taught by people's corrections. */
export const TRAINING_KINDS = ['CAPTION', 'SEARCH', 'CORRECTIONS'] as const satisfies readonly (
  TrainedTask | 'CORRECTIONS'
)[];
export type TrainingKind = (typeof TRAINING_KINDS)[number];

/** After 20 the model was hardly better, after 50 it was on photos unlike those it knew: docs/corrections.md. */
export const CORRECTIONS_NEEDED = 50;

/** The recipe that paid best in `bench/corrections`, docs/corrections.md. */
export const CORRECTIONS_RECIPE = {
  learningRate: 5e-4,
  epochs: 8,
  batchImages: 16,
  minimumWordCount: 2,
  members: 'all',
  mirror: false,
} as const;

/** How much people have corrected. */
export interface Corrections {
  /** Photos for which people wrote, chose or adopted a caption, and that a training learns from or is measured by. */
  readonly photos: number;
  /** Those of them that are held out: they measure, and are never learned from. */
  readonly heldOut: number;
  /** Those of them that were corrected since the captioner in use was made. */
  readonly sinceModel: number;
  /** As many photos are needed for a training. */
  readonly needed: number;
}

type CorrectionsStore = Pick<Store, 'peopleCaptions' | 'models' | 'trainingJobs'>;

export async function countCorrections({
  peopleCaptions,
  models,
  trainingJobs,
}: CorrectionsStore): Promise<Corrections> {
  const current = await models.current();
  const job = current?.trainingJobId == null ? undefined : await trainingJobs.find(current.trainingJobId);
  // What was corrected while it was trained may not have been learned: it counts as new.
  const since = job?.createdAt ?? current?.createdAt;
  const photos = await peopleCaptions.correctedPhotos();
  return {
    photos: photos.length,
    heldOut: photos.filter(({ split }) => split === 'dev').length,
    sinceModel: photos.filter(({ at }) => since === undefined || at > since).length,
    needed: CORRECTIONS_NEEDED,
  };
}

/** Whether a training on the corrections is worth its minutes: there are enough, and enough of them are new. */
export function paysToTrain({ photos, heldOut, sinceModel, needed }: Corrections): boolean {
  return photos >= needed && heldOut > 0 && heldOut < photos && sinceModel >= needed;
}

/**
 * The captioner that a training on corrections teaches, once it is certain that there are enough.
 *
 * @param wish Default: the current one.
 * @throws EkphrasisError BAD_USER_INPUT when there are too few corrections; NOT_FOUND; NO_MODEL
 */
export async function modelToCorrect(wish: ModelId | undefined, store: CorrectionsStore): Promise<ModelId> {
  const { photos, heldOut, needed } = await countCorrections(store);
  if (photos < needed) {
    const there = `People have corrected the captions of ${photos} ${photos === 1 ? 'photo' : 'photos'} that can be learned from`;
    throw new EkphrasisError(
      ErrorCode.BadInput,
      `${there}; a training on corrections needs ${needed}. Correct ${needed - photos} more.`,
    );
  }
  if (heldOut === 0 || heldOut === photos) {
    const missing = heldOut === 0 ? 'is in the dev split, which measures' : 'is in the train split, which is learned';
    throw new EkphrasisError(
      ErrorCode.BadInput,
      `None of the ${photos} corrected photos ${missing}. Correct photos of that split, or uploads: one in five is held out.`,
    );
  }
  return (await findModelOrCurrent(store, wish)).id;
}

/** What of a request matters here. */
interface Asked<Settings> {
  readonly task?: TrainingKind | undefined;
  readonly dataset?: string | undefined;
  readonly settings: Settings;
}

/**
 * The task of the model that is asked for, and the settings: where it asks for corrections those of the recipe, but for
 * those that it names.
 *
 * @throws EkphrasisError BAD_USER_INPUT when it asks for corrections of a data set
 */
export function withRecipe<Settings extends object>({
  task = 'CAPTION',
  dataset,
  settings,
}: Asked<Settings>): {
  readonly task: TrainedTask;
  readonly corrections?: true;
  readonly settings: Settings | z.input<typeof trainingSettingsSchema>;
} {
  if (task !== 'CORRECTIONS') return { task, settings };
  if (dataset !== undefined) {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      'A training on corrections learns all corrections of the collection: leave the data set out.',
    );
  }
  // The command line names what it was not told as undefined.
  const given: [string, unknown][] = Object.entries(settings);
  const named = given.filter(([, value]) => value !== undefined);
  const { epochs, ...recipe } = CORRECTIONS_RECIPE;
  const planned = named.some(([name]) => name === 'phases') ? {} : { epochs };
  return { task: 'CAPTION', corrections: true, settings: { ...recipe, ...planned, ...Object.fromEntries(named) } };
}
