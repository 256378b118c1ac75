/** `/alt/<sha256>`: what stands in place of a photo, for sites that show it. */
import type { Request, Response } from 'express';
import type { Sha256 } from '../../ids.js';
import { sha256Of } from '../../files/sha256.js';
import { isForEverybody } from './authentication.js';
import { sendError } from './errors.js';
import { isKnown } from './etags.js';
import type { Services } from '../services.js';

/** A better caption is seen by sites within this time. */
const SECONDS = 300;

/** Says the state of the text beside plain text, where nothing else could: an empty text is one on purpose. */
const STATE_HEADER = 'Alt-Text-State';

/**
 * Answers with `{ alt, state, confidence, origin, language }`, or with the sentence alone where text/plain is preferred.
 * A photo without a text is answered with 404, as it is nothing that a site could show. It only reads; that somebody has
 * asked is counted.
 */
export async function sendAltText(
  request: Request<{ sha256: string }>,
  response: Response,
  { store, altText, altTextViews }: Pick<Services, 'store' | 'altText' | 'altTextViews'>,
): Promise<void> {
  const { sha256 } = request.params;
  const { language: tag } = request.query;
  const image = (await store.images.findByFile([sha256 as Sha256])).get(sha256 as Sha256);
  if (!image) {
    sendError(response, 404, 'NOT_FOUND', 'There is no image with this SHA-256.');
    return;
  }
  altTextViews.count(image.id);
  const said = await altText(image.id, typeof tag === 'string' ? tag : undefined);
  response.set(STATE_HEADER, said?.state.toLowerCase() ?? 'missing');
  if (!said) {
    sendError(response, 404, 'NOT_FOUND', 'Nobody has written a text for this image yet.');
    return;
  }
  const { text, confidence, origin, language } = said;
  const plain = request.accepts(['json', 'text']) === 'text';
  const state = said.state.toLowerCase();
  const body = plain
    ? text
    : JSON.stringify({ alt: text, state, confidence, origin: origin ?? null, language: language ?? null });
  // Of an empty text it is the state that differs.
  const etag = `"${sha256Of(Buffer.from(`${state}\n${body}`)).slice(0, 32)}"`;
  response.set({
    'Cache-Control': `${isForEverybody(request) ? 'public' : 'private'}, max-age=${SECONDS}`,
    ETag: etag,
    Vary: 'Accept',
    ...(language !== undefined && { 'Content-Language': language }),
  });
  if (isKnown(etag, request.get('if-none-match'))) response.status(304).end();
  else response.type(plain ? 'text/plain; charset=utf-8' : 'application/json').end(body);
}
