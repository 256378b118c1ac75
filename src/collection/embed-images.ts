/** Photos set into the space that a search model shares with sentences. */
import type { EncoderId, ImageId } from '../ids.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { fitsEncoder } from '../models/encoder-fit.js';
import type { Priority } from '../inference/requester.js';
import type { CollectionContext } from './context.js';

export interface SeenImage {
  readonly id: ImageId;
  /** float16 bits [regions * regionSize] */
  readonly regions: Uint16Array;
}

/**
 * The search model that is to answer once it has embedded every photo: of those that fit the encoder the one a person
 * chose, else the one that answers, or the program's latest in place of an earlier one of its. Where none answers, the
 * one that was trained here last.
 */
export async function nextSearchModel(
  { models }: Pick<Store, 'models'>,
  encoder: EncoderId,
): Promise<ModelRecord | undefined> {
  const fitting = (await models.ofTask('SEARCH')).filter((model) => fitsEncoder(model, encoder));
  const chosen = fitting.find((model) => model.chosen);
  if (chosen) return chosen;
  const current = fitting.find((model) => model.current);
  if (current) return current.shipped ? fitting.find(({ shipped }) => shipped) : current;
  return fitting.find(({ shipped }) => !shipped) ?? fitting[0];
}

/**
 * Search models that embed what the encoder sees: the one that answers, and the next. None where they were trained on
 * what another encoder sees.
 */
export async function embeddingModels(store: Pick<Store, 'models'>, encoder: EncoderId): Promise<ModelRecord[]> {
  const [next, current] = await Promise.all([nextSearchModel(store, encoder), store.models.current('SEARCH')]);
  const both = [next, current].filter((model) => model !== undefined && fitsEncoder(model, encoder)) as ModelRecord[];
  return [...new Map(both.map((model) => [model.id, model])).values()];
}

/**
 * Embeds photos that a model has not embedded yet, and keeps the embeddings.
 *
 * @param images as many as fit into memory, each once
 * @throws EkphrasisError ENCODER_MISMATCH, NO_MODEL, INVALID_CHECKPOINT, STORAGE_FAILED, PROCESS_FAILED
 */
export async function embedImages(
  images: readonly SeenImage[],
  model: ModelRecord,
  { store, checkpoints, inference }: Pick<CollectionContext, 'store' | 'checkpoints' | 'inference'>,
  priority?: Priority,
): Promise<void> {
  const known = await store.embeddings.having(
    images.map(({ id }) => id),
    model.id,
  );
  const missing = images.filter(({ id }) => !known.has(id));
  if (missing.length === 0) return;
  const vectors = await inference.embedImages(
    await checkpoints.pathOf(model),
    missing.map(({ regions }) => regions),
    { priority },
  );
  await store.embeddings.put(
    missing.map(({ id }, index) => {
      const vector = vectors[index];
      if (!vector) throw new RangeError(`no embedding was made for ${id}`);
      return { imageId: id, modelId: model.id, vector };
    }),
  );
}

/** `embedImages` by every model that embeds what the running encoder sees. */
export async function embedByAll(
  images: readonly SeenImage[],
  context: Pick<CollectionContext, 'store' | 'checkpoints' | 'inference'>,
  priority?: Priority,
): Promise<void> {
  for (const model of await embeddingModels(context.store, context.inference.encoder.id))
    await embedImages(images, model, context, priority);
}
