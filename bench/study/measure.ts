/** How well a checkpoint captions the dev photos, all and by how much there is to say of them. */
import { readFile } from 'node:fs/promises';
import { Captioner } from '../../src/captioner/captioner.js';
import { readCheckpoint } from '../../src/captioner/checkpoint.js';
import { bleu } from '../../src/metrics/bleu.js';
import { ciderD } from '../../src/metrics/cider.js';
import { agreedContentWords } from '../../src/evaluation/content-words.js';
import { tokenise } from '../../src/language/tokeniser.js';
import type { SeenImage } from '../../src/training/data.js';

export interface DevPhoto extends SeenImage {
  /** People's captions in words. */
  readonly references: readonly (readonly string[])[];
  /** Content words that two or more of the five people use: a proxy for the number of objects. */
  readonly things: number;
  /** Words of a person's caption, the mean of the five. */
  readonly length: number;
}

export function describe(image: SeenImage): DevPhoto {
  const references = image.captions.map((caption) => tokenise(caption));
  return {
    ...image,
    references,
    things: agreedContentWords(references),
    length: references.reduce((sum, { length }) => sum + length, 0) / references.length,
  };
}

export interface Figures {
  readonly photos: number;
  readonly bleu: readonly number[];
  readonly cider: number;
}

export interface Written {
  readonly captions: readonly (readonly string[])[];
  /** Milliseconds a photo, what is seen of it being known. */
  readonly milliseconds: number;
}

/** Captions of the photos by plain beam search; of a width of 1, greedy. */
export async function write(checkpoint: string, photos: readonly DevPhoto[], beamWidth: number): Promise<Written> {
  const captioner = Captioner.load(readCheckpoint(await readFile(checkpoint)));
  const started = performance.now();
  const captions = await captioner.caption(
    photos.map(({ regions }) => regions),
    { beamWidth, consensus: false },
  );
  const milliseconds = (performance.now() - started) / photos.length;
  await captioner.close();
  return { captions: captions.map(([first]) => tokenise(first?.text ?? '')), milliseconds };
}

/** Figures of the photos that fit. CIDEr-D weighs words by all photos. */
export function figuresOf(
  { captions }: Written,
  photos: readonly DevPhoto[],
  fits: (photo: DevPhoto) => boolean = () => true,
): Figures {
  const references = photos.map((photo) => photo.references);
  const { perImage } = ciderD(captions, references);
  const places = photos.flatMap((photo, place) => (fits(photo) ? [place] : []));
  const of = <T>(values: readonly T[]) => places.flatMap((place) => values.slice(place, place + 1));
  const cider = of([...perImage]).reduce((sum, value) => sum + value, 0) / Math.max(1, places.length);
  return { photos: places.length, bleu: bleu(of(captions), of(references)).scores, cider };
}
