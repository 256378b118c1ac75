/** `POST /v1/captions`: a photo in, its caption out. */
import type { RequestHandler } from 'express';
import { nameOf } from '../../access/client.js';
import type { Caption } from '../../captioner/captioner.js';
import { meanProbability } from '../../captioner/mean-probability.js';
import type { Photo } from '../../collection/context.js';
import { sha256Of } from '../../files/sha256.js';
import type { Sha256 } from '../../ids.js';
import { currentRequester } from '../../inference/requester.js';
import type { Workplace } from '../context.js';
import type { Services } from '../services.js';
import { clientOf } from '../server/authentication.js';
import { once } from './idempotency.js';
import type { PhotoSource } from './photo-source.js';
import { checked, checkMediaType, readCaptionRequest } from './read-caption-request.js';
import { type CaptionAnswer, captionAnswerSchema, type CaptionOptions, idempotencyKeySchema } from './schemas.js';
import { type Wish, withPhoto } from './with-photo.js';

/** Before a photo is received that is not going to be read. */
export const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  checkMediaType(request);
  next();
};

export function answerWithCaption(workplace: Workplace): RequestHandler {
  const { services } = workplace;
  return async (request, response) => {
    const key = checked(idempotencyKeySchema, request.get('idempotency-key'));
    const client = nameOf(clientOf(request));
    const read = async (body: Buffer): Promise<Wish<CaptionOptions & { readonly fingerprint: Sha256 | undefined }>> => {
      const { source, wanted } = await readCaptionRequest(request, body);
      // A photo is read whole for it, so it is made only where it is compared.
      const isKept = key !== undefined && wanted.store;
      return { source, wanted: { ...wanted, fingerprint: isKept ? fingerprintOf(source, wanted) : undefined } };
    };
    const answer = await withPhoto(request, response, workplace, read, async (photo, { fingerprint, ...wanted }) => {
      if (!wanted.store) return captionOf(photo, wanted, services);
      // What changes something is done to its end, whoever waits for it.
      currentRequester().signal = undefined;
      const store = () => storedCaptionOf(photo, wanted, services);
      return key === undefined || fingerprint === undefined
        ? store()
        : once({ client, key, fingerprint }, services, store);
    });
    response.json(captionAnswerSchema.parse(answer));
  };
}

/** Of what is asked for: a form has other bytes each time that it is sent. */
function fingerprintOf(source: PhotoSource, wanted: CaptionOptions): Sha256 {
  const photo = 'url' in source ? source.url : sha256Of(source.bytes);
  const options = Object.entries(wanted).sort(([one], [other]) => (one < other ? -1 : 1));
  return sha256Of(Buffer.from(JSON.stringify([photo, options])));
}

async function captionOf(photo: Photo, wanted: CaptionOptions, services: Services): Promise<CaptionAnswer> {
  const { candidates, model, photo: described, notices } = await services.captionOnce(photo, wanted);
  return { ...toAnswer(candidates, wanted), ...ofModel(model), photo: described, image: null, notices: [...notices] };
}

async function storedCaptionOf(photo: Photo, wanted: CaptionOptions, services: Services): Promise<CaptionAnswer> {
  const { caption, candidates, model, image, isNew, notices } = await services.captionPhoto(photo, wanted);
  const found = wanted.candidates === 1 ? [] : (candidates ?? (await services.captionCandidates(image.id, model)));
  const others = found.filter(({ text }) => text !== caption.text);
  const { id, sha256, mediaType, width, height, externalId } = image;
  return {
    ...toAnswer([caption, ...others], wanted),
    ...ofModel(model),
    photo: { sha256, mediaType, width, height },
    image: { id, url: `/images/${sha256}`, externalId, duplicate: !isNew },
    notices: [...notices],
  };
}

type Written = Pick<Caption, 'text' | 'logProbability'> & {
  readonly words: readonly Pick<Caption['words'][number], 'word' | 'probability'>[];
};

function toAnswer(
  [best, ...others]: readonly [Written, ...Written[]],
  { candidates, words: withWords }: CaptionOptions,
) {
  const told = ({ text, words, logProbability }: Written) => ({
    text,
    confidence: meanProbability({ words, logProbability }),
    ...(withWords && { words: words.map(({ word, probability }) => ({ word, probability })) }),
  });
  const { text, ...rest } = told(best);
  return { caption: text, ...rest, candidates: [best, ...others].slice(0, candidates).map(told) };
}

function ofModel({ id, name, language }: { readonly id: string; readonly name: string; readonly language: string }) {
  return { language, model: { id, name } };
}
