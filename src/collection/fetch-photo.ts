/** A photo at an address that a client named. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { GuardedFetch } from '../network/guarded-fetch.js';
import type { CollectionContext } from './context.js';

/** Photos that are fetched at a time. */
export const FETCHES_AT_ONCE = 4;
/** From the question to the last byte. */
const MILLISECONDS = 20_000;

/**
 * Its bytes, whatever they are: whether they are a photo is seen when it is read.
 *
 * @throws EkphrasisError URL_REFUSED; URL_UNREACHABLE, also for an answer that is an error; IMAGE_TOO_LARGE; the
 *   signal's reason
 */
export async function fetchPhoto(
  url: string,
  signal: AbortSignal | undefined,
  fetcher: Pick<GuardedFetch, 'get'>,
  { maximumBytes }: Pick<CollectionContext['limits'], 'maximumBytes'>,
): Promise<Uint8Array> {
  const limits = { maximumBytes, milliseconds: MILLISECONDS, ...(signal && { signal }) };
  const { status, bytes, url: last } = await fetcher.get(url, 'image/*', limits);
  if (status >= 200 && status < 300) return bytes;
  throw new EkphrasisError(
    ErrorCode.UrlUnreachable,
    `${last.host} has no photo there: it answers with status ${status}.`,
  );
}
