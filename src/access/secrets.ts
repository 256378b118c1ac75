/**
 * The secrets of keys: 256 random bits. Nobody guesses them, however fast: a slow hash, which is for passwords that
 * people choose, would only slow down each request. Looking one up by its SHA-256 tells by its time nothing of use
 * about the secret either.
 */
import { randomBytes } from 'node:crypto';
import { sha256Of } from '../files/sha256.js';
import type { Sha256 } from '../ids.js';

/** Lets people and scanners of leaked secrets see what it is. */
const PREFIX = 'ekphrasis_';

export function newSecret(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/** Whether it is written as a key of Ekphrasis; tokens of other programs are not. */
export function isSecret(text: string): boolean {
  return text.startsWith(PREFIX);
}

export function hashOfSecret(secret: string): Sha256 {
  return sha256Of(Buffer.from(secret));
}
