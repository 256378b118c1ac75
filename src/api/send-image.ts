import type { Request, Response } from 'express';
import { THUMBNAIL_WIDTHS } from '../collection/thumbnails.js';
import type { Sha256 } from '../ids.js';
import { sendError } from './errors.js';
import type { Services } from './services.js';

const LASTING = 'public, max-age=31536000, immutable';

/** A photo by its hash, which can only ever mean these bytes; with `?width=` a small copy of it. */
export async function sendImage(
  { params: { sha256 }, query }: Request<{ sha256: string }>,
  response: Response,
  { store, thumbnail }: Pick<Services, 'store' | 'thumbnail'>,
): Promise<void> {
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
  response.set('ETag', width === undefined ? `"${sha256}"` : `"${sha256}-${width}"`);
  if (response.req.fresh) {
    response.set('Cache-Control', LASTING).status(304).end();
    return;
  }
  const bytes = width === undefined ? await store.images.readBytes(image.id) : await thumbnail(image, width);
  if (!bytes) {
    response.removeHeader('ETag');
    sendError(response, 404, 'NOT_FOUND', 'The image was deleted.');
    return;
  }
  response.set({
    'Content-Type': width === undefined ? image.mediaType : 'image/webp',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': LASTING,
  });
  response.end(bytes);
}
