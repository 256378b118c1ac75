/** What stands in place of a photo for who cannot see it: a person's sentence, or what a model believes it sees. */
import { EkphrasisError, ErrorCode, found } from '../errors.js';
import type { ImageId, ModelId } from '../ids.js';
import type { GeneratedCaptionRecord, ReferenceCaptionRecord } from '../store/captions.js';
import { CHOICE, isOfPeople } from '../store/split-rules.js';
import type { FileCaption } from '../metadata/file-metadata.js';
import type { Store } from '../store/store.js';
import { currentModel } from './choose-captioner.js';
import { captionStored } from './caption-stored.js';
import type { CollectionContext } from './context.js';

export interface AltText {
  /** The sentence as it was written. */
  readonly caption: string;
  /** The same, or as a possibility. */
  readonly text: string;
  /** 1 for a person's sentence; of a model's, see `captionConfidence`. */
  readonly confidence: number;
  readonly origin: 'reference' | 'file' | 'generated';
}

/**
 * Sentences less certain than this are told as a possibility: seven of ten that the shipped model writes for Flickr8k.
 */
export const CERTAIN = 0.6;

/**
 * The logistic curve that turns the mean natural logarithm of a caption's probabilities into the share of its content
 * words that one of five people used too. Fitted on what the shipped model writes for Flickr8k's 1,000 dev photos
 * (`bench/alt-text`, docs/lab-notes/search.md): fitted on one half, it misses the other half's tenths by 0.03 on
 * average. Other models may differ.
 */
const CONFIDENCE = { offset: 2.462, slope: 2.62 };

/**
 * The text for a stored photo, as `writtenAltText` chooses it; where nobody has written for it yet, what the current
 * model writes now, which is kept.
 *
 * @param collection is opened where something is to be written
 * @throws EkphrasisError NOT_FOUND for an unknown photo; NO_MODEL, ENCODER_MISMATCH and what else captioning throws,
 *   where nobody has written for it yet
 */
export async function altText(
  imageId: ImageId,
  store: Pick<Store, 'images' | 'captions' | 'fileMetadata' | 'models'>,
  collection: () => Promise<CollectionContext>,
): Promise<AltText> {
  found(await store.images.find(imageId), `image ${imageId}`);
  return (await readAltText(imageId, store)) ?? toAltText(await write(imageId, await collection()));
}

/** The text for a stored photo from what is written already; undefined where nobody has written for it yet. */
export async function readAltText(
  imageId: ImageId,
  { captions, fileMetadata, models }: Pick<Store, 'captions' | 'fileMetadata' | 'models'>,
): Promise<AltText | undefined> {
  const [references, inFile, generated, current] = await Promise.all([
    captions.referencesOf([imageId]),
    fileMetadata.captionsOf([imageId]),
    captions.generatedOf([imageId]),
    models.current(),
  ]);
  return writtenAltText(
    references.get(imageId) ?? [],
    inFile.get(imageId) ?? [],
    generated.get(imageId) ?? [],
    current?.id,
  );
}

async function write(imageId: ImageId, context: CollectionContext): Promise<GeneratedCaptionRecord> {
  const [caption] = await captionStored([imageId], await currentModel(context), context);
  if (!caption) throw new EkphrasisError(ErrorCode.ProcessFailed, `Nothing was written for the image ${imageId}.`);
  return caption;
}

/**
 * Of what was written about a photo: the last sentence that a person wrote here, else the last that one chose, else
 * what the photo's file says, else the first of the photo's data set; else the current model's, else the newest of another model's. A model's sentence under
 * the threshold becomes "Image may show: …".
 *
 * @param references by source and position
 * @param inFile captions of the photo's file, what describes the photo best first
 * @param generated the newest first
 * @returns undefined where nobody has written for it yet
 */
export function writtenAltText(
  references: readonly ReferenceCaptionRecord[],
  inFile: readonly FileCaption[],
  generated: readonly GeneratedCaptionRecord[],
  currentModel: ModelId | undefined,
): AltText | undefined {
  const ofPeople = references.filter(isOfPeople);
  const reference = ofPeople.findLast(({ source }) => source !== CHOICE) ?? ofPeople.at(-1);
  if (reference) return ofReference(reference);
  const [said] = inFile;
  if (said) return { caption: said.text, text: said.text, confidence: 1, origin: 'file' };
  const [first] = references;
  if (first) return ofReference(first);
  const caption = generated.find(({ modelId }) => modelId === currentModel) ?? generated[0];
  return caption && toAltText(caption);
}

function ofReference({ text }: ReferenceCaptionRecord): AltText {
  return { caption: text, text: text.trim(), confidence: 1, origin: 'reference' };
}

function toAltText(caption: GeneratedCaptionRecord): AltText {
  const confidence = captionConfidence(caption);
  const { text } = caption;
  return {
    caption: text,
    text: confidence < CERTAIN ? `Image may show: ${text}` : text,
    confidence,
    origin: 'generated',
  };
}

/**
 * How far to believe a model's sentence, 0 to 1: the share of its content words that people would use, by its
 * probability.
 */
export function captionConfidence({
  words,
  logProbability,
}: Pick<GeneratedCaptionRecord, 'words' | 'logProbability'>): number {
  // The end of the sentence has a probability, too.
  const mean = logProbability / (words.length + 1);
  return 1 / (1 + Math.exp(-(CONFIDENCE.offset + CONFIDENCE.slope * mean)));
}
