/** Which of two embeddings of the same photos and sentences finds more, and whether that is more than chance. */
import { compareMeans, type PairedDifference } from './bootstrap.js';
import { similarities } from '../joint-embedding/similarities.js';
import { crossRanks, RECALL_AMONG } from '../metrics/retrieval.js';

/** Places in the space of one model. */
export interface EmbeddedCollection {
  /** Unit vectors; nothing for a text none of whose words the model knows, which finds nothing. */
  readonly texts: readonly (Float32Array | undefined)[];
  /** Unit vectors. */
  readonly images: readonly Float32Array[];
}

export interface RetrievalComparison extends PairedDifference {
  /**
   * The mean of the recalls among 1, 5 and 10 in both directions, 0..1: the metric that the best epoch is chosen by,
   * over six.
   */
  readonly recall: number;
  readonly currentRecall: number;
}

/**
 * Photos are drawn with replacement, with their sentences; what is searched among stays whole.
 *
 * @param imageOf the image each text is of, by its place among the images; every image has a text
 */
export async function compareRetrieval(
  first: EmbeddedCollection,
  second: EmbeddedCollection,
  imageOf: Int32Array,
): Promise<RetrievalComparison> {
  const [own, others] = [await recallOfImages(first, imageOf), await recallOfImages(second, imageOf)];
  return { recall: mean(own), currentRecall: mean(others), ...compareMeans(own, others) };
}

/** For each image the mean recall of both directions, 0..1. */
export async function recallOfImages({ texts, images }: EmbeddedCollection, imageOf: Int32Array): Promise<number[]> {
  const vectors = texts.map((text) => text ?? new Float32Array(images[0]?.length ?? 0));
  const ranks = crossRanks(await similarities(vectors, images), imageOf);
  const found = (rank: number) => RECALL_AMONG.filter((most) => rank <= most).length / RECALL_AMONG.length;
  const byImage = images.map((): number[] => []);
  imageOf.forEach((image, text) => byImage[image]?.push(found(ranks.texts[text] ?? Infinity)));
  return ranks.images.map((rank, image) => (found(rank) + mean(byImage[image] ?? [])) / 2);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
