/** `/alt/<sha256>`: what stands in place of a photo, for sites that show it. */
import type { Response } from 'express';
import type { Sha256 } from '../ids.js';
import { sha256Of } from '../sha256.js';
import { sendError } from './errors.js';
import type { Services } from './services.js';

/** A better caption is seen by sites within this time. */
const SECONDS = 300;

/**
 * Answers with `{ alt, confidence, origin }`, or with the sentence alone where text/plain is preferred.
 *
 * Pages of every site may read it (CORS): who asks knows the SHA-256, which is to say has the photo; the answer is the same
 * for everybody and no cookie counts.
 */
export async function sendAltText(sha256: string, response: Response, { store, altText }: Pick<Services, 'store' | 'altText'>): Promise<void> {
  const image = (await store.images.findBySha256([sha256 as Sha256])).get(sha256 as Sha256);
  response.set({ 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin', 'X-Content-Type-Options': 'nosniff' });
  if (!image) {
    sendError(response, 404, 'NOT_FOUND', 'There is no image with this SHA-256.');
    return;
  }
  const { text, confidence, origin } = await altText(image.id);
  const plain = response.req.accepts(['json', 'text']) === 'text';
  const body = plain ? text : JSON.stringify({ alt: text, confidence, origin });
  response.set({ 'Cache-Control': `public, max-age=${SECONDS}`, ETag: `"${sha256Of(Buffer.from(body)).slice(0, 32)}"`, Vary: 'Accept' });
  if (response.req.fresh) response.status(304).end();
  else response.type(plain ? 'text/plain; charset=utf-8' : 'application/json').end(body);
}
