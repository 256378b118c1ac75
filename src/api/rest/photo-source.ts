/** Where a photo comes from that a request is about. */
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { fromBase64 } from '../../files/base64.js';

export interface RemotePhoto {
  readonly url: string;
  /** Default: what its address ends with. */
  readonly name?: string | undefined;
}

export type PhotoSource = RemotePhoto | { readonly bytes: Uint8Array; readonly name?: string | undefined };

/** A data URL up to its data; parameters such as `charset` may stand before `base64`. */
const DATA_URL = /^data:[^,]{0,200};base64,/i;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * A photo as clients of other programs name it: a data URL, an address, or just base64.
 *
 * @throws BAD_USER_INPUT
 */
export function photoSource(image: string): PhotoSource {
  return /^https?:/i.test(image) ? { url: image } : { bytes: photoOfBase64(image) };
}

/** @param text base64, or a data URL with it; line breaks do no harm @throws BAD_USER_INPUT */
export function photoOfBase64(text: string): Uint8Array {
  const base64 = text.replace(DATA_URL, '').replaceAll(/\s+/g, '');
  if (BASE64.test(base64)) return fromBase64(base64);
  throw new EkphrasisError(ErrorCode.BadInput, 'The photo is no base64: send the bytes of its file as base64.');
}
