/** Trainings on what people wrote and corrected here: the recipe, and when there is enough for it. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { findModelOrCurrent } from '../models/registry.js';
import type { ModelTask } from '../store/models.js';
import type { Store } from '../store/store.js';
import type { TrainingRequest } from './settings.js';

/** What a training can be asked for: the task of a model, or the current captioner taught by people's corrections. */
export type TrainingKind = ModelTask | 'CORRECTIONS';

/** Fewer corrected photos made the model no better. Measured, docs/corrections.md. */
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
 * A training on corrections as a training of a captioner: it begins with the current one, where it is told of no other.
 *
 * @throws EkphrasisError BAD_USER_INPUT when there are too few corrections, or a data set is named; NO_MODEL
 */
export async function trainingOnCorrections(
  request: TrainingRequest,
  store: CorrectionsStore,
): Promise<TrainingRequest> {
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
  const { id } = await findModelOrCurrent(store, request.fromModelId);
  return { ...request, fromModelId: id };
}

/**
 * The request with the recipe where it asks for corrections; settings that it names stay.
 *
 * @throws EkphrasisError BAD_USER_INPUT when it names a data set
 */
export function withRecipe({ task, ...request }: TrainingRequest): Omit<TrainingRequest, 'task'> & {
  readonly task?: ModelTask | undefined;
  readonly corrections?: true;
} {
  if (task !== 'CORRECTIONS') return { task, ...request };
  if (request.dataset !== undefined) {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      'A training on corrections learns all corrections of the collection: leave the data set out.',
    );
  }
  // The command line names what it was not told as undefined.
  const given: [string, unknown][] = Object.entries(request.settings ?? {});
  const named = given.filter(([, value]) => value !== undefined);
  const phased = named.some(([name]) => name === 'phases');
  const { epochs, ...recipe } = CORRECTIONS_RECIPE;
  const settings = { ...recipe, ...(phased ? {} : { epochs }), ...Object.fromEntries(named) };
  return { ...request, task: 'CAPTION', corrections: true, settings };
}
