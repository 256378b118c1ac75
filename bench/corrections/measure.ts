/** What a model writes for photos, and how alike that is to what people wrote. */
import type { Checkpoint } from '../../src/captioner/checkpoint.js';
import { tokenise } from '../../src/language/tokeniser.js';
import { bleu } from '../../src/metrics/bleu.js';
import { ciderD } from '../../src/metrics/cider.js';
import { DEFAULT_SETTINGS } from '../../src/training/settings.js';
import { validate } from '../../src/training/validation.js';
import type { Photo } from './photos.js';

/** Captions are those of a plain beam of this width, as a training measures its epochs by. */
export const VALIDATION_BEAM = DEFAULT_SETTINGS.validationBeamWidth;
const GROUP = 64;

/** A caption for each photo. */
export async function write(model: Checkpoint, photos: readonly Photo[]): Promise<string[]> {
  const { captions } = await validate(model, inGroups(photos), VALIDATION_BEAM);
  return captions.map(({ caption }) => caption);
}

/** Photos to learn with what the model itself writes for them, so that it goes on writing so. */
export async function rehearsal(model: Checkpoint, photos: readonly Photo[]): Promise<Photo[]> {
  const captions = await write(model, photos);
  return photos.map((photo, place) => ({ ...photo, split: 'train', captions: captions.slice(place, place + 1) }));
}

async function* inGroups(photos: readonly Photo[]) {
  for (let start = 0; start < photos.length; start += GROUP)
    yield await Promise.resolve(photos.slice(start, start + GROUP));
}

export interface Figures {
  /** CIDEr-D, 0..10. */
  readonly cider: number;
  /** BLEU-4, 0..1. */
  readonly bleu4: number;
}

/** Figures of captions beside all five of each photo's. */
export function figuresOf(captions: readonly string[], photos: readonly Photo[]): Figures {
  const written = captions.map((caption) => tokenise(caption));
  const references = photos.map((photo) => photo.captions.map((caption) => tokenise(caption)));
  return { cider: ciderD(written, references).score, bleu4: bleu(written, references).scores[3] };
}
