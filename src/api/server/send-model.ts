/** The checkpoint of a model, as `ekphrasis models import` reads it. */
import type { Request, Response } from 'express';
import type { ModelId } from '../../ids.js';
import type { Services } from '../services.js';
import { isOwnSite } from './authentication.js';
import { sendError } from './errors.js';

export async function sendModel(
  request: Request<{ id: string }>,
  response: Response,
  services: Pick<Services, 'readModel'>,
): Promise<void> {
  // Pages of others cannot read the answer, but they could have it read again and again.
  if (!isOwnSite(request.headers)) {
    sendError(response, 403, 'FORBIDDEN', 'A model is not sent for a page of another site.');
    return;
  }
  const { checkpoint, checkpointSha256 } = await services.readModel(request.params.id as ModelId);
  response.set({
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${checkpointSha256.slice(0, 16)}.safetensors"`,
    'Cache-Control': 'no-store, no-transform',
  });
  response.send(Buffer.from(checkpoint));
}
