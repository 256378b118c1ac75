/** `/alt/<sha256>`: what stands in place of a photo, for sites that show it. */
import type { Request, Response } from 'express';
import type { Sha256 } from '../../ids.js';
import { sha256Of } from '../../files/sha256.js';
import { isForEverybody } from './authentication.js';
import { sendError } from './errors.js';
import type { Services } from '../services.js';

/** A better caption is seen by sites within this time. */
const SECONDS = 300;

/**
 * Answers with `{ alt, confidence, origin }`, or with the sentence alone where text/plain is preferred.
 */
export async function sendAltText(
  request: Request<{ sha256: string }>,
  response: Response,
  { store, altText }: Pick<Services, 'store' | 'altText'>,
): Promise<void> {
  const { sha256 } = request.params;
  const image = (await store.images.findBySha256([sha256 as Sha256])).get(sha256 as Sha256);
  if (!image) {
    sendError(response, 404, 'NOT_FOUND', 'There is no image with this SHA-256.');
    return;
  }
  const { text, confidence, origin } = await altText(image.id);
  const plain = request.accepts(['json', 'text']) === 'text';
  const body = plain ? text : JSON.stringify({ alt: text, confidence, origin });
  response.set({
    'Cache-Control': `${isForEverybody(request) ? 'public' : 'private'}, max-age=${SECONDS}`,
    ETag: `"${sha256Of(Buffer.from(body)).slice(0, 32)}"`,
    Vary: 'Accept',
  });
  if (request.fresh) response.status(304).end();
  else response.type(plain ? 'text/plain; charset=utf-8' : 'application/json').end(body);
}
