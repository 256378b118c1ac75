/** Whose features are compared while photos have been seen by more than one encoder. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { EncoderId } from '../ids.js';
import type { Store } from '../store/store.js';

/**
 * Searches among the features of the encoder that answers; where it has not seen a photo that is asked for, among those of the
 * encoder that runs, which will answer when it has seen all.
 *
 * @param running starts the encoder where it does not run
 * @throws what `search` throws
 */
export async function withComparedEncoder<Result>(
  store: Pick<Store, 'features'>,
  running: () => Promise<EncoderId>,
  search: (encoder: EncoderId) => Promise<Result>,
): Promise<Result> {
  const answering = await store.features.answering();
  if (answering === undefined) return search(await running());
  try {
    return await search(answering);
  } catch (error) {
    if (!(error instanceof EkphrasisError) || error.code !== ErrorCode.EncoderMismatch) throw error;
    const other = await running();
    if (other === answering) throw error;
    return search(other);
  }
}
