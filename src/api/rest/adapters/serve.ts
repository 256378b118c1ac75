/** Serves the endpoints of adapters. */
import type { RequestHandler } from 'express';
import type { Photo } from '../../../collection/context.js';
import type { Workplace } from '../../context.js';
import { parseJson } from '../read-caption-request.js';
import { photoSource } from '../photo-source.js';
import { receiveBody } from '../receive-body.js';
import { withPhoto } from '../with-photo.js';
import type { CaptionCall, CaptionEndpoint, Endpoint, LookEndpoint } from './adapter.js';

export function methodOf(endpoint: Endpoint): 'GET' | 'POST' {
  return endpoint.kind === 'caption' ? 'POST' : endpoint.method;
}

export function serveEndpoint(endpoint: Endpoint, workplace: Workplace): RequestHandler {
  return endpoint.kind === 'caption' ? serveCaption(endpoint, workplace) : serveLook(endpoint, workplace);
}

function serveCaption(endpoint: CaptionEndpoint, workplace: Workplace): RequestHandler {
  return async (request, response) => {
    const begun = performance.now();
    const read = (body: Buffer) => {
      const call = endpoint.read(parseJson(body));
      return { source: photoSource(call.image), wanted: call };
    };
    const use = async (photo: Photo, { language, reply }: CaptionCall) => {
      const { candidates, model } = await workplace.services.captionOnce(photo, { language });
      return reply({
        candidates,
        model: model.name,
        language: model.language,
        milliseconds: performance.now() - begun,
      });
    };
    const reply = await withPhoto(request, response, workplace, read, use);
    if ('json' in reply) {
      response.json(reply.json);
      return;
    }
    response.set({ 'Content-Type': reply.type, 'Cache-Control': 'no-store' });
    response.end(reply.lines.join(''));
  };
}

function serveLook(endpoint: LookEndpoint, workplace: Workplace): RequestHandler {
  const { uploads, services } = workplace;
  return async (request, response) => {
    const answer = (body: unknown) =>
      endpoint.answer({ languages: () => services.captionLanguages(), params: request.params, body });
    if (endpoint.method === 'GET') {
      response.json(await answer(undefined));
      return;
    }
    const body = await receiveBody(request, response, workplace);
    response.json(await uploads.inTurn(body.size, async () => answer(parseJson(await body.read()))));
  };
}
