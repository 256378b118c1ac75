/** How well the joint embedding finds the dev split's photos by their captions, and the captions by the photos. */
import type { CrossRetrieval } from '../../metrics/retrieval.js';
import { crossRetrieval } from '../../metrics/retrieval.js';
import type { SearchCheckpoint } from '../../joint-embedding/checkpoint.js';
import { SearchModel } from '../../joint-embedding/search-model.js';
import { similarities } from '../../joint-embedding/similarities.js';
import type { TrainingData } from '../data.js';

/** @param indices places of images with captions */
export async function validateSearch(
  checkpoint: SearchCheckpoint,
  data: TrainingData,
  indices: readonly number[],
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<CrossRetrieval> {
  const model = SearchModel.load(checkpoint);
  const images: Float32Array[] = [];
  for await (const photos of data.inChunks(indices)) {
    images.push(...(await model.embedImages(photos.map(({ regions }) => regions))));
    onProgress(images.length, indices.length);
  }
  const captions = indices.flatMap((index, image) =>
    (data.images[index]?.captions ?? []).map((text) => ({ text, image })),
  );
  const vectors = await model.embedTexts(captions.map(({ text }) => text));
  await model.close();
  // A caption without a word that is known is a query that finds nothing.
  const texts = vectors.map((vector) => vector ?? new Float32Array(images[0]?.length ?? 0));
  return crossRetrieval(
    await similarities(texts, images),
    Int32Array.from(captions, ({ image }) => image),
  );
}
