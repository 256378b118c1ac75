/** What a search by meaning needs: a model that sets a text beside photos, and photos that it has seen. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId } from '../ids.js';

/** A text in the space of a search model. */
export interface TextEmbedding {
  readonly modelId: ModelId;
  /** [512], of length 1. */
  readonly vector: Float32Array;
}

export interface Semantics {
  /** @returns why there is no search by meaning, in a sentence; undefined where there is one */
  unavailable(): Promise<string | undefined>;
  /** @throws EkphrasisError NO_MODEL, INVALID_CHECKPOINT, PROCESS_FAILED */
  embed(text: string): Promise<TextEmbedding>;
}

/** @throws EkphrasisError NO_MODEL */
export async function requireSemantics(semantics: Semantics): Promise<void> {
  const reason = await semantics.unavailable();
  if (reason !== undefined) throw new EkphrasisError(ErrorCode.NoModel, `${reason} Search by words: mode TEXT.`);
}
