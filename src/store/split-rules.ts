/** Which photos that people captioned here are trained on and which are measured on, and by which of their captions. */
import type { Sha256 } from '../ids.js';
import type { Split } from './images.js';

/** Source of a reference caption that a person wrote here. No data set, which is called as its folder is, has this name. */
export const PERSON = 'people/written';
/** Source of a reference caption that a model wrote and a person chose. */
export const CHOICE = 'people/chosen';

/** One in so many of the photos that people captioned is held out. */
const HELD_OUT = 5;

/**
 * The split of a photo that has none of its own, such as an upload, once people have captioned it: a fifth, by the photo's
 * hash, is held out in the dev split and shows whether learning from the others helped. The hash never changes, so a photo
 * that was held out once was never trained on.
 */
export function splitOfPeoples(sha256: Sha256): Split {
  return Number.parseInt(sha256.slice(0, 8), 16) % HELD_OUT === 0 ? 'dev' : 'train';
}

/**
 * Which reference captions of a photo count in a split.
 *
 * For training, all of them. For measuring, those of its data set where it has some, so that figures stay comparable with
 * earlier ones, else those people wrote. What a model wrote and a person only chose is no measure of models: they would be
 * compared with themselves.
 */
export function usableCaptions(captions: readonly { readonly text: string; readonly source: string }[], split: Split): string[] {
  const fromDataset = captions.filter(({ source }) => source !== PERSON && source !== CHOICE);
  const fromPeople = captions.filter(({ source }) => source === PERSON);
  const usable = split === 'train' ? captions : fromDataset.length > 0 ? fromDataset : fromPeople;
  return usable.map(({ text }) => text);
}
