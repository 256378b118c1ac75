/**
 * What people say of photos and of their captions. Nobody logs in: whoever knows the id of what was said may take it
 * back.
 */
import { EkphrasisError, ErrorCode, found, notFound } from '../errors.js';
import type { GeneratedCaptionId, ImageId, RatingId, ReferenceCaptionId } from '../ids.js';
import type { ReferenceCaptionRecord } from '../store/captions.js';
import type { ModelRecord } from '../store/models.js';
import type { PeopleSource } from '../store/people-captions.js';
import type { RatingRecord } from '../store/ratings.js';
import { CHOICE, PERSON } from '../store/split-rules.js';
import type { Store } from '../store/store.js';
import { captionCandidates } from './caption-candidates.js';
import { checkLine } from './check-line.js';
import type { CollectionContext } from './context.js';

/** Longest caption of a person, in characters. */
export const LONGEST_CAPTION = 500;
const LOWEST_RATING = 1;
const HIGHEST_RATING = 5;

export interface Correction {
  readonly imageId: ImageId;
  readonly text: string;
  /** What was given here before and is taken back for it. */
  readonly replaces?: ReferenceCaptionId | undefined;
}

export interface Choice extends Correction {
  /** Whose candidate it is. */
  readonly model: ModelRecord;
}

export interface GivenRating {
  readonly captionId: GeneratedCaptionId;
  readonly rating: number;
  /** A rating of the same sentence that this one takes the place of. */
  readonly replaces?: RatingId | undefined;
}

type PeopleStore = Pick<Store, 'images' | 'peopleCaptions'>;

/**
 * Keeps a person's caption of a photo, beside those of others.
 *
 * @throws EkphrasisError NOT_FOUND for an unknown photo, or when `replaces` is none that was given for it here;
 *   BAD_USER_INPUT for a caption without a word, or one that is too long
 */
export async function correctCaption(correction: Correction, store: PeopleStore): Promise<ReferenceCaptionRecord> {
  return keep({ ...correction, text: checkLine(correction.text, 'caption', LONGEST_CAPTION) }, PERSON, store);
}

/**
 * Keeps one of the candidates that a model writes for a photo as a person's choice.
 *
 * @throws EkphrasisError as `correctCaption` and `captionCandidates` do; BAD_USER_INPUT when the model does not write
 *   it
 */
export async function chooseCaption(
  { model, ...choice }: Choice,
  context: Pick<CollectionContext, 'regions' | 'checkpoints' | 'inference' | 'limits'> & {
    readonly store: CollectionContext['store'] & PeopleStore;
  },
): Promise<ReferenceCaptionRecord> {
  const candidates = await captionCandidates(choice.imageId, model, context);
  if (!candidates.some(({ text }) => text === choice.text)) {
    const message = `The model "${model.name}" does not write that for this photo. A caption of your own is kept by correctCaption.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  return keep(choice, CHOICE, context.store);
}

/**
 * Takes back a caption that a person wrote or chose here.
 *
 * @throws EkphrasisError NOT_FOUND, also for a caption of a data set
 */
export async function removeCaption(
  id: ReferenceCaptionId,
  { peopleCaptions }: Pick<Store, 'peopleCaptions'>,
): Promise<void> {
  if (!(await peopleCaptions.remove(id))) throw notFound(givenHere(id));
}

/**
 * Keeps what a person thinks of a caption as it is now.
 *
 * @throws EkphrasisError NOT_FOUND for an unknown caption or rating; BAD_USER_INPUT
 */
export async function rateCaption(
  { captionId, rating, replaces }: GivenRating,
  { captions, ratings }: Pick<Store, 'captions' | 'ratings'>,
): Promise<RatingRecord> {
  if (!Number.isInteger(rating) || rating < LOWEST_RATING || rating > HIGHEST_RATING) {
    throw new EkphrasisError(
      ErrorCode.BadInput,
      `A rating is a whole number from ${LOWEST_RATING} to ${HIGHEST_RATING}, the best.`,
    );
  }
  const { imageId, modelId, text } = found(await captions.findGenerated(captionId), `generated caption ${captionId}`);
  if (replaces === undefined) return ratings.add({ imageId, modelId, text, rating });
  return found(
    await ratings.replace(replaces, { imageId, modelId, text, rating }),
    `rating ${replaces} of this caption`,
  );
}

async function keep(
  { imageId, text, replaces }: Correction,
  source: PeopleSource,
  store: PeopleStore,
): Promise<ReferenceCaptionRecord> {
  found(await store.images.find(imageId), `image ${imageId}`);
  if (replaces !== undefined && (await store.peopleCaptions.find(replaces))?.imageId !== imageId)
    throw notFound(givenHere(replaces));
  const kept = await store.peopleCaptions.add(imageId, text, source);
  // Last: a caption that is to be replaced is there until the other is.
  if (replaces !== undefined && replaces !== kept.id) await store.peopleCaptions.remove(replaces);
  return kept;
}

function givenHere(id: ReferenceCaptionId): string {
  return `caption ${id} that a person gave here for this photo`;
}
