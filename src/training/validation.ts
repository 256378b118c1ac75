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

/** Captions the images at these places with the checkpoint's parameters and scores the captions against theirs. */
export async function validate(
  checkpoint: Checkpoint,
  data: TrainingData,
  indices: readonly number[],
  beamWidth: number,
): Promise<ValidationResult> {
  const captioner = Captioner.load(checkpoint);
  const captions: { image: string; caption: string }[] = [];
  for await (const photos of data.inChunks(indices)) {
    for (const [best] of await captioner.caption(photos, { beamWidth, consensus: false })) {
      captions.push({ image: data.images[indices[captions.length] ?? 0]?.name ?? '', caption: best?.text ?? '' });
    }
  }
  await captioner.close();
  const candidates = captions.map(({ caption }) => tokenise(caption));
  const references = indices.map((index) => (data.images[index]?.captions ?? []).map(tokenise));
  return { bleu: bleu(candidates, references).scores, cider: ciderD(candidates, references).score, captions };
}
