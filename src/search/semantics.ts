/** What a search by meaning needs: a model that sets a text beside photos, and photos that it has embedded. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId } from '../ids.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';

/** The space that a search model shares with photos. */
export interface SearchSpace {
  readonly modelId: ModelId;
  /**
   * @returns the text's vector, of length 1; nothing where the model knows none of its words
   * @throws EkphrasisError INVALID_CHECKPOINT, WEIGHTS_UNAVAILABLE, PROCESS_FAILED
   */
  readonly embed: (text: string) => Promise<Float32Array | undefined>;
}

/** @returns the space that answers, or why there is none, in a sentence */
export type OpenSpace = () => Promise<SearchSpace | string>;

/**
 * Opens the space of the search model that is current.
 *
 * @param embed the text's vector by a model
 */
export function currentSpace(
  { models }: Pick<Store, 'models'>,
  embed: (text: string, model: ModelRecord) => Promise<Float32Array | undefined>,
): OpenSpace {
  // Once it has embeddings, it has them for as long as it is current.
  const embedded = new Set<ModelId>();
  return async () => {
    const model = await models.current('SEARCH');
    if (!model) return 'There is no search model.';
    if (!embedded.has(model.id) && !(await models.hasEmbedded(model.id))) {
      return 'The search model has embedded no photo yet: embedCollection has it do so.';
    }
    embedded.add(model.id);
    return { modelId: model.id, embed: (text) => embed(text, model) };
  };
}

/** @throws EkphrasisError NO_MODEL */
export async function requireSpace(open: OpenSpace): Promise<SearchSpace> {
  const space = await open();
  if (typeof space === 'string') throw new EkphrasisError(ErrorCode.NoModel, `${space} Search by words: mode TEXT.`);
  return space;
}
