/** Which photos that people captioned here are trained on and which are measured on, and by which of their captions. */
import type { Sha256 } from '../ids.js';
import type { Split } from '../splits.js';

/** Source of a reference caption that a person wrote here. That of a data set's is its id. */
export const PERSON = 'people/written';
/** Source of a reference caption that a model wrote and a person chose. */
export const CHOICE = 'people/chosen';

/** Source of a reference caption that stood in the photo's file and that a person took for a caption. */
export const ADOPTED = 'people/adopted';

/** What a query asks for to find what people gave. */
export const OF_PEOPLE = { source: { in: [PERSON, CHOICE, ADOPTED] } };

/** One in so many of the photos that people captioned is held out. */
const HELD_OUT = 5;

/**
 * The split of a photo that has none of its own, such as an upload, once people have captioned it: a fifth, by the
 * photo's hash, is held out in the dev split and shows whether learning from the others helped.
 *
 * @param sha256 of the bytes that it came with, which never change: a photo that was held out once was never trained on
 */
export function splitOfPeoples(sha256: Sha256): Split {
  return Number.parseInt(sha256.slice(0, 8), 16) % HELD_OUT === 0 ? 'dev' : 'train';
}

/** A reference caption, as far as the rules look at it. */
export interface SourcedCaption {
  readonly text: string;
  readonly source: string;
}

export function isOfPeople({ source }: Pick<SourcedCaption, 'source'>): boolean {
  return OF_PEOPLE.source.in.includes(source);
}

/** What several data sets say of one photo in the same words is said once. What one data set says twice stays. */
export function eachOnce<Caption extends SourcedCaption>(captions: readonly Caption[]): Caption[] {
  const saidBy = new Map<string, string>();
  return captions.filter((caption) => {
    if (isOfPeople(caption)) return true;
    const first = saidBy.get(caption.text) ?? caption.source;
    saidBy.set(caption.text, first);
    return first === caption.source;
  });
}

/**
 * Where a photo takes part, and by which of its captions.
 *
 * A photo without a split takes part by what people gave here alone: a data set's photo that is in no list of it was
 * left out on purpose. For training, all captions count. For measuring, those of the data set where there are some, so
 * that figures stay comparable with earlier ones, else those people wrote. What a model wrote and a person only chose
 * is no measure of models: they would be compared with themselves.
 *
 * @returns undefined when it has no caption that counts
 */
export function takesPart(photo: {
  readonly sha256: Sha256;
  readonly split: Split | null;
  readonly captions: readonly SourcedCaption[];
}): { readonly split: Split; readonly captions: string[] } | undefined {
  const split = photo.split ?? splitOfPeoples(photo.sha256);
  const own = photo.split === null ? photo.captions.filter(isOfPeople) : eachOnce(photo.captions);
  const fromDataset = own.filter((caption) => !isOfPeople(caption));
  const written = own.filter(({ source }) => source === PERSON || source === ADOPTED);
  const counting = split === 'train' ? own : fromDataset.length > 0 ? fromDataset : written;
  return counting.length === 0 ? undefined : { split, captions: counting.map(({ text }) => text) };
}
