/** What a model writes for photos, with the search model that fits the encoder as the judge of what it has found. */
import type { Caption } from '../captioner/captioner.js';
import type { ModelRecord } from '../store/models.js';
import type { Priority } from '../inference/requester.js';
import type { CollectionContext } from './context.js';
import { nextSearchModel } from './embed-images.js';

export interface WrittenCaptions {
  /** Each photo's, best first. */
  readonly captions: readonly (readonly Caption[])[];
  /** The search model that judged; none where none fits the encoder. */
  readonly judge: ModelRecord | undefined;
}

/**
 * @param regions float16 bits [regions * regionSize] of each photo
 * @throws EkphrasisError NO_MODEL, INVALID_CHECKPOINT, ENCODER_MISMATCH, STORAGE_FAILED, PROCESS_FAILED
 */
export async function writeCaptions(
  model: ModelRecord,
  regions: readonly Uint16Array[],
  {
    store,
    checkpoints,
    inference,
  }: Pick<CollectionContext, 'checkpoints' | 'inference'> & {
    readonly store: Pick<CollectionContext['store'], 'models'>;
  },
  priority?: Priority,
): Promise<WrittenCaptions> {
  const judge = await nextSearchModel(store, inference.encoder.id);
  const options = { priority, judge: judge && (await checkpoints.pathOf(judge)) };
  const captions = await inference.caption(await checkpoints.pathOf(model), regions, undefined, options);
  return { captions, judge };
}
