import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { THUMBNAIL_WIDTHS } from '../../collection/thumbnails.js';
import { EkphrasisError, ErrorCode, notFound } from '../../errors.js';
import type { Sha256 } from '../../ids.js';
import type { ImageRecord } from '../../store/images.js';
import { isForEverybody } from './authentication.js';
import { sendError } from './errors.js';
import { isKnown } from './etags.js';
import type { Services } from '../services.js';
import { withoutPaths } from '../without-paths.js';

const LISTENERS = 20;
const LASTING = 'max-age=31536000, immutable';

type ImageRequest = Request<{ sha256: string }>;
type ImageServices = Pick<Services, 'store' | 'thumbnail'>;

/**
 * A photo by its hash, which can only ever mean these bytes; with `?width=` a small copy of it. One that is deleted, or
 * whose file in a library is gone, is 404, with a code of its own.
 */
export async function sendImage(request: ImageRequest, response: Response, services: ImageServices): Promise<void> {
  try {
    await send(request, response, services);
  } catch (error) {
    const isGone =
      error instanceof EkphrasisError && (error.code === ErrorCode.NotFound || error.code === ErrorCode.PhotoMissing);
    if (!isGone || response.headersSent) throw error;
    for (const name of ['ETag', 'Content-Type', 'Content-Length', 'Cache-Control']) response.removeHeader(name);
    sendError(response, 404, error.code, withoutPaths(error.message));
  }
}

async function send(request: ImageRequest, response: Response, { store, thumbnail }: ImageServices): Promise<void> {
  const { params, query } = request;
  const { sha256 } = params;
  const width = THUMBNAIL_WIDTHS.find((offered) => String(offered) === query['width']);
  if (query['width'] !== undefined && width === undefined) {
    sendError(response, 400, 'BAD_USER_INPUT', `Small copies are ${THUMBNAIL_WIDTHS.join(' or ')} pixels wide.`);
    return;
  }
  const image = (await store.images.findBySha256([sha256 as Sha256])).get(sha256 as Sha256);
  if (!image) {
    sendError(response, 404, 'NOT_FOUND', 'There is no image with this SHA-256.');
    return;
  }
  const caching = `${isForEverybody(request) ? 'public' : 'private'}, ${LASTING}`;
  const etag = width === undefined ? `"${sha256}"` : `"${sha256}-${width}"`;
  response.set('ETag', etag);
  if (isKnown(etag, request.get('if-none-match'))) {
    response.set('Cache-Control', caching).status(304).end();
    return;
  }
  response.set({
    'Content-Type': width === undefined ? image.mediaType : 'image/webp',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': caching,
  });
  if (width === undefined) {
    const pieces = wholeBytes(image, store);
    // A file of a library that is gone is told of while it can be.
    const first = await pieces.next();
    response.set('Content-Length', String(image.byteSize));
    // One more than a stream has listeners for, with those of all that watches answers.
    response.setMaxListeners(LISTENERS);
    await pipeline(Readable.from(behind(first, pieces), { objectMode: false }), response);
    return;
  }
  const bytes = await thumbnail(image, width);
  if (!bytes) throw notFound(`image ${image.id}`);
  response.end(bytes);
}

async function* behind(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (!first.done) yield first.value;
  yield* rest;
}

/** Of a photo that is deleted meanwhile the connection breaks off, so that nobody takes a part for the whole. */
async function* wholeBytes({ id, byteSize }: ImageRecord, { images }: Services['store']): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const piece of images.read(id)) {
    sent += piece.length;
    yield piece;
  }
  if (sent < byteSize) throw notFound(`image ${id}`);
}
