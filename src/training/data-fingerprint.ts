/** What photos, captions and splits a training learns from, by hashes that say nothing of ids and rows. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Sha256 } from '../ids.js';
import type { Split } from '../splits.js';

export interface FingerprintedPhoto {
  /** Of its bytes. */
  readonly sha256: Sha256;
  readonly split: Split;
  readonly captions: readonly string[];
}

/** Each hash is a SHA-256 in hexadecimal. All but the last are the same in whatever order the photos come. */
export const dataFingerprintSchema = z.object({
  photoCount: z.number(),
  photosSha256: z.string(),
  captionCount: z.number(),
  /** Of each caption with its photo. */
  captionsSha256: z.string(),
  trainCount: z.number(),
  devCount: z.number(),
  /** Of each photo with its split. */
  splitsSha256: z.string(),
  /** Of all of it in the order in which it is learned: another order draws other batches. */
  orderSha256: z.string(),
});
export type DataFingerprint = Readonly<z.infer<typeof dataFingerprintSchema>>;

/** Gathers the fingerprint of photos as they come. */
export class DataFingerprinter {
  private readonly photos: string[] = [];
  private readonly captions: string[] = [];
  private readonly splits: string[] = [];
  private readonly counts = { train: 0, dev: 0, test: 0 };
  private readonly order = createHash('sha256');

  add({ sha256, split, captions }: FingerprintedPhoto): void {
    this.photos.push(sha256);
    this.splits.push(`${sha256} ${split}`);
    for (const caption of captions) this.captions.push(`${sha256} ${JSON.stringify(caption)}`);
    this.counts[split] += 1;
    this.order.update(`${sha256} ${split} ${JSON.stringify(captions)}\n`);
  }

  /** Of those that were added so far. */
  value(): DataFingerprint {
    return {
      photoCount: this.photos.length,
      photosSha256: hashOfSorted(this.photos),
      captionCount: this.captions.length,
      captionsSha256: hashOfSorted(this.captions),
      trainCount: this.counts.train,
      devCount: this.counts.dev,
      splitsSha256: hashOfSorted(this.splits),
      orderSha256: this.order.copy().digest('hex'),
    };
  }
}

function hashOfSorted(lines: readonly string[]): string {
  const hash = createHash('sha256');
  for (const line of [...lines].sort()) hash.update(`${line}\n`);
  return hash.digest('hex');
}
