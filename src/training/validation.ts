/** How well the decoder captions the dev split while it is being trained. */
import { Captioner } from '../captioner/captioner.js';
import type { Checkpoint } from '../captioner/checkpoint.js';
import { bleu } from '../metrics/bleu.js';
import { ciderD } from '../metrics/cider.js';
import { tokenise } from '../language/tokeniser.js';
import { tokeniserOf } from '../tensors/parameter-file.js';

export interface ValidationPhoto {
  readonly name: string;
  /** What people wrote; at least one. */
  readonly captions: readonly string[];
  /** float16 bits [regions * regionSize]. */
  readonly regions: Uint16Array;
}

export interface ValidationResult {
  readonly bleu: readonly [number, number, number, number];
  readonly cider: number;
  readonly captions: readonly { readonly image: string; readonly caption: string }[];
}

/**
 * Captions photos with the checkpoint's parameters and scores the captions against people's.
 *
 * @param photos some at a time, which are captioned together
 * @param onCaptioned told how many photos have their captions
 */
export async function validate(
  checkpoint: Checkpoint,
  photos: AsyncIterable<readonly ValidationPhoto[]>,
  beamWidth: number,
  onCaptioned: (done: number) => void = () => undefined,
): Promise<ValidationResult> {
  const words = (text: string) => tokenise(text, tokeniserOf(checkpoint.header));
  const captioner = Captioner.load(checkpoint);
  const captions: { image: string; caption: string }[] = [];
  const references: string[][][] = [];
  for await (const group of photos) {
    const written = await captioner.caption(
      group.map(({ regions }) => regions),
      { beamWidth, consensus: false },
    );
    for (const [index, { name, captions: people }] of group.entries()) {
      captions.push({ image: name, caption: written[index]?.[0]?.text ?? '' });
      references.push(people.map(words));
    }
    onCaptioned(captions.length);
  }
  await captioner.close();
  const candidates = captions.map(({ caption }) => words(caption));
  return { bleu: bleu(candidates, references).scores, cider: ciderD(candidates, references).score, captions };
}
