/** The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), of requests after which something is there. */
import type { Sha256 } from '../../ids.js';
import type { KeptAnswer } from '../../store/idempotent-answers.js';
import type { Services } from '../services.js';
import { RequestError } from '../server/errors.js';

/** As it is sent, of its client. The draft has it in quotation marks, which many leave out. */
export interface IdempotentRequest {
  readonly client: string;
  readonly key: string;
  /** Of all that it asks for. */
  readonly fingerprint: Sha256;
}

/**
 * Does what a request asks for, or answers as the same request was answered before. What failed is tried again.
 *
 * @throws RequestError IDEMPOTENCY_KEY_REUSED where another request had the key, REQUEST_IN_PROGRESS while the same is
 *   done
 */
export async function once(
  { client, key: sent, fingerprint }: IdempotentRequest,
  { store }: Pick<Services, 'store'>,
  action: () => Promise<KeptAnswer>,
): Promise<KeptAnswer> {
  const key = sent.replace(/^"(.*)"$/s, '$1');
  const lock = `request ${client} ${key}`;
  if ((await store.locks.held([lock])).length > 0) throw inProgress();
  const release = await store.locks.alone(lock);
  try {
    const kept = await store.idempotentAnswers.find({ client, key });
    if (kept && kept.fingerprint !== fingerprint) throw reused();
    if (kept) return kept.answer;
    const answer = await action();
    await store.idempotentAnswers.put({ client, key }, fingerprint, answer);
    return answer;
  } finally {
    await release();
  }
}

function inProgress(): RequestError {
  const message = 'A request with this Idempotency-Key is being done. Ask again when it is answered.';
  return new RequestError(409, 'REQUEST_IN_PROGRESS', message, { 'Retry-After': '1' });
}

function reused(): RequestError {
  const message = 'Another request had this Idempotency-Key within a day. Take a new key for a new request.';
  return new RequestError(422, 'IDEMPOTENCY_KEY_REUSED', message);
}
