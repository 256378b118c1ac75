/** How well the decoder captions the dev split while it is being trained. */
import { Captioner } from '../captioner/captioner.js';
import type { Checkpoint } from '../captioner/checkpoint.js';
import { bleu } from '../evaluation/bleu.js';
import { ciderD } from '../evaluation/cider.js';
import { tokenise } from '../language/tokeniser.js';
import type { TrainingData } from './data.js';

export interface ValidationResult {
  readonly bleu: readonly [number, number, number, number];
  readonly cider: number;
  readonly captions: readonly { readonly image: string; readonly caption: string }[];
}

/** Photos read from the training data at once. */
const CHUNK = 64;

/** Captions the images at these places with the checkpoint's parameters and scores the captions against theirs. */
export async function validate(
  checkpoint: Checkpoint,
  data: TrainingData,
  indices: readonly number[],
  beamWidth: number,
): Promise<ValidationResult> {
  const captioner = Captioner.load(checkpoint);
  const captions: { image: string; caption: string }[] = [];
  for (let start = 0; start < indices.length; start += CHUNK) {
    const chunk = indices.slice(start, start + CHUNK);
    const regions = await data.readRegions(chunk.map((index) => ({ index, view: 0 })));
    const size = regions.length / chunk.length;
    const photos = chunk.map((_, place) => regions.subarray(place * size, (place + 1) * size));
    const written = await captioner.caption(photos, { beamWidth, consensus: false });
    chunk.forEach((index, place) => {
      captions.push({ image: data.images[index]?.name ?? '', caption: written[place]?.[0]?.text ?? '' });
    });
  }
  await captioner.close();
  const candidates = captions.map(({ caption }) => tokenise(caption));
  const references = indices.map((index) => (data.images[index]?.captions ?? []).map(tokenise));
  return { bleu: bleu(candidates, references).scores, cider: ciderD(candidates, references).score, captions };
}
