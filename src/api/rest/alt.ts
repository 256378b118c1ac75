/** `GET /v1/alt/…`: the text of a photo, by its hash or by what another program calls it. Reading writes nothing. */
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { found } from '../../errors.js';
import { isSha256, sha256Of } from '../../files/sha256.js';
import type { Sha256 } from '../../ids.js';
import { isForEverybody } from '../server/authentication.js';
import type { Services } from '../services.js';
import { altAnswerSchema } from './schemas.js';

/** @throws NOT_FOUND */
export async function answerWithAlt(
  request: Request<{ name: string }>,
  response: Response,
  { store, readAltText }: Pick<Services, 'store' | 'readAltText'>,
): Promise<void> {
  const { name } = request.params;
  const image = isSha256(name)
    ? (await store.images.findBySha256([name as Sha256])).get(name as Sha256)
    : await store.externalIds.find(name);
  const { id, sha256, externalId } = found(image, `image ${name}`);
  const written = await readAltText(id);
  const answer: z.input<typeof altAnswerSchema> = {
    alt: written?.text ?? null,
    origin: written?.origin ?? null,
    confidence: written?.confidence ?? null,
    sha256,
    externalId,
  };
  const body = JSON.stringify(altAnswerSchema.parse(answer));
  const etag = `"${sha256Of(Buffer.from(body)).slice(0, 32)}"`;
  response.set({
    // Whoever has a copy asks whether it holds: a text that a person corrects is seen at once.
    'Cache-Control': `${isForEverybody(request) ? 'public' : 'private'}, no-cache`,
    ETag: etag,
  });
  if (isKnown(etag, request.get('if-none-match'))) response.status(304).end();
  else response.type('application/json').end(body);
}

/**
 * Express would say no to whoever asks past caches (Cache-Control: no-cache), as Node's fetch does with every question
 * that has a condition.
 */
function isKnown(etag: string, ifNoneMatch = ''): boolean {
  return ifNoneMatch.split(',').some((known) => ['*', etag].includes(known.trim().replace(/^W\//, '')));
}
