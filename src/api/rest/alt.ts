/** `GET /v1/alt/…`: the text of a photo, by its hash or by what another program calls it. Reading writes nothing. */
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { found } from '../../errors.js';
import { isSha256, sha256Of } from '../../files/sha256.js';
import type { Sha256 } from '../../ids.js';
import { isForEverybody } from '../server/authentication.js';
import { isKnown } from '../server/etags.js';
import type { Services } from '../services.js';
import { altAnswerSchema } from './schemas.js';

const STATES = { APPROVED: 'approved', SUGGESTED: 'suggested', DECORATIVE: 'decorative' } as const;

/** @throws NOT_FOUND */
export async function answerWithAlt(
  request: Request<{ name: string }>,
  response: Response,
  { store, altText, altTextViews }: Pick<Services, 'store' | 'altText' | 'altTextViews'>,
): Promise<void> {
  const { name } = request.params;
  const image = isSha256(name)
    ? (await store.images.findByFile([name as Sha256])).get(name as Sha256)
    : await store.externalIds.find(name);
  const { id, sha256, externalId } = found(image, `image ${name}`);
  altTextViews.count(id);
  const written = await altText(id);
  const answer: z.input<typeof altAnswerSchema> = {
    alt: written?.text ?? null,
    state: written ? STATES[written.state] : 'missing',
    language: written?.language ?? null,
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
