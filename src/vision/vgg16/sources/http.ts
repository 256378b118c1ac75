import { EkphrasisError, ErrorCode } from '../../../errors.js';

/** The network or the server failed in a way that may pass: trying again may help. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/**
 * Bytes `begin` to `end` (exclusive) of a remote file as they arrive: exactly that many, or an error.
 *
 * @param silence milliseconds without a byte after which the server is given up
 * @throws ConnectionError when the server cannot be reached, is silent, fails or breaks off
 * @throws EkphrasisError WEIGHTS_UNAVAILABLE when it answers but will not give these bytes
 */
export async function* fetchRange(
  url: string,
  begin: number,
  end: number,
  silence: number,
): AsyncGenerator<Uint8Array> {
  const abort = new AbortController();
  const giveUp = () => {
    abort.abort(new ConnectionError(`no answer within ${silence / 1000} s`));
  };
  let timer = setTimeout(giveUp, silence);
  let missing = end - begin;
  try {
    const headers = { range: `bytes=${begin}-${end - 1}`, 'accept-encoding': 'identity' };
    const response = await fetch(url, { headers, signal: abort.signal });
    if (response.status >= 500) throw new ConnectionError(`the server answered HTTP ${response.status}`);
    if (!response.ok || response.body === null) throw refusal(`the server answered HTTP ${response.status}`);
    if (response.status !== 206) throw refusal('the server does not answer HTTP Range requests');
    const body: AsyncIterable<Uint8Array> = response.body;
    for await (const chunk of body) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silence);
      missing -= chunk.length;
      if (missing < 0) throw refusal('the server sends more bytes than were asked for');
      yield chunk;
    }
  } catch (cause) {
    throw cause instanceof EkphrasisError || cause instanceof ConnectionError
      ? cause
      : new ConnectionError(reasonOf(cause), { cause });
  } finally {
    clearTimeout(timer);
    // Nobody reads on: without this the connection of an abandoned answer would stay open.
    abort.abort();
  }
  if (missing > 0) throw new ConnectionError('the connection broke');
}

function refusal(reason: string): EkphrasisError {
  return new EkphrasisError(ErrorCode.WeightsUnavailable, reason);
}

/** undici says only `fetch failed`; why is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
