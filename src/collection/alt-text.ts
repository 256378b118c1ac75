/** What stands in place of a photo for who cannot see it: a person's sentence, or what a model believes it sees. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ImageId } from '../ids.js';
import type { GeneratedCaptionRecord } from '../store/captions.js';
import type { Store } from '../store/store.js';

export interface AltText {
  readonly imageId: ImageId;
  readonly text: string;
  /** 1 for a person's sentence; of a model's, see `captionConfidence`. */
  readonly confidence: number;
  readonly origin: 'reference' | 'generated';
}

export interface AltTextSurroundings {
  readonly store: Pick<Store, 'images' | 'captions' | 'models'>;
  /** Has the current model write for a photo, and keeps it. @throws what `captionStored` throws */
  readonly write: (imageId: ImageId) => Promise<GeneratedCaptionRecord>;
}

/** Sentences less certain than this are told as a possibility: seven of ten that the shipped model writes for Flickr8k. */
export const CERTAIN = 0.6;

/**
 * The logistic curve that turns the mean natural logarithm of a caption's probabilities into the share of its content words that
 * one of five people used too. Fitted on what the shipped model writes for Flickr8k's 1,000 dev photos (`bench/alt-text`,
 * docs/search.md): fitted on one half, it misses the other half's tenths by 0.03 on average. Other models may differ.
 */
const CONFIDENCE = { offset: 2.623, slope: 2.76 };

/**
 * The text for a stored photo: the first caption a person, or the photo's data set, wrote; else the current model's, else
 * another model's, else what the current model writes now, which is kept. A model's sentence under the threshold becomes
 * "Image may show: …".
 *
 * @throws EkphrasisError NOT_FOUND for an unknown photo; NO_MODEL, ENCODER_MISMATCH and what else captioning throws, where
 *   nobody has written for it yet
 */
export async function altText(imageId: ImageId, { store, write }: AltTextSurroundings): Promise<AltText> {
  if (!(await store.images.find(imageId))) throw new EkphrasisError(ErrorCode.NotFound, `There is no image ${imageId}.`);
  const reference = (await store.captions.referencesOf([imageId])).get(imageId)?.[0];
  if (reference) return { imageId, text: reference.text.trim(), confidence: 1, origin: 'reference' };
  const caption = (await findWritten(imageId, store)) ?? (await write(imageId));
  const confidence = captionConfidence(caption);
  return { imageId, text: confidence < CERTAIN ? `Image may show: ${caption.text}` : caption.text, confidence, origin: 'generated' };
}

async function findWritten(imageId: ImageId, { captions, models }: Pick<Store, 'captions' | 'models'>): Promise<GeneratedCaptionRecord | undefined> {
  const [all = [], current] = await Promise.all([captions.generatedOf([imageId]).then((found) => found.get(imageId)), models.current()]);
  return all.find(({ modelId }) => modelId === current?.id) ?? all[0];
}

/** How far to believe a model's sentence, 0 to 1: the share of its content words that people would use, by its probability. */
export function captionConfidence({ words, logProbability }: Pick<GeneratedCaptionRecord, 'words' | 'logProbability'>): number {
  // The end of the sentence has a probability, too.
  const mean = logProbability / (words.length + 1);
  return 1 / (1 + Math.exp(-(CONFIDENCE.offset + CONFIDENCE.slope * mean)));
}
