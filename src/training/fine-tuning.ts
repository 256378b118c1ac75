/** Where a fine-tuning begins: the parameters of an earlier model, with a row for every word it lacks. */
import type { Checkpoint } from '../captioner/checkpoint.js';
import type { ModelId, Sha256 } from '../ids.js';
import { UNKNOWN, type Vocabulary } from '../language/vocabulary.js';

/** The model that a training goes on from. */
export interface EarlierModel {
  readonly id: ModelId;
  readonly name: string;
  readonly sha256: Sha256;
  /** Its checkpoint, on the machine that trains. */
  readonly path: string;
}

/**
 * The earlier model's parameters for a larger vocabulary. Those of its own words are its own, bit by bit. A new word
 * begins as the mean of the words that are known, vector and bias alike (Hewitt 2021, "Initializing New Word Embeddings
 * for Pretrained Language Models"): its score is then the mean of theirs, which is at most the logarithm of the mean of
 * their exponentials, so that no new word takes more than a known one's average share of the probability and the model
 * writes at first what it wrote before. A vector of small random numbers would score 0 where the scores of known words
 * are far below.
 *
 * @param vocabulary the earlier one's words first, as `Vocabulary.extend` makes it
 */
export function startFrom({ header, parameters }: Checkpoint, vocabulary: Vocabulary): Map<string, Float32Array> {
  const known = header.vocabulary.length;
  return new Map(
    [...parameters].map(([name, values]) => {
      if (name !== 'embedding' && name !== 'vocabulary.bias') return [name, values.slice()];
      return [name, withMeanRows(values, values.length / known, vocabulary.size)];
    }),
  );
}

/** Rows [n, width] with more below them, up to `size`: each the mean of the rows of words. */
function withMeanRows(rows: Float32Array, width: number, size: number): Float32Array {
  const extended = new Float32Array(size * width);
  extended.set(rows);
  const words = rows.length / width - (UNKNOWN + 1);
  const mean = Float32Array.from({ length: width }, (_, column) => {
    let sum = 0;
    for (let place = (UNKNOWN + 1) * width + column; place < rows.length; place += width) sum += rows[place] ?? 0;
    return sum / words;
  });
  for (let place = rows.length; place < extended.length; place += width) extended.set(mean, place);
  return extended;
}
