import { createHash } from 'node:crypto';
import type { Sha256 } from '../ids.js';

/** Whether a text can be one: others would be paths. */
export function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** What photos and models are known by: 64 hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): Sha256 {
  return createHash('sha256').update(bytes).digest('hex') as Sha256;
}
