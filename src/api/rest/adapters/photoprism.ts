/**
 * PhotoPrism's Vision API, which PhotoPrism asks for captions (https://github.com/photoprism/photoprism-vision, and
 * internal/ai/vision of PhotoPrism, which reads a caption as an object). The model that it names is one of its own
 * configuration, so that it may be called anything.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { meanProbability } from '../../../captioner/mean-probability.js';
import { EkphrasisError, ErrorCode } from '../../../errors.js';
import { checked } from '../read-caption-request.js';
import { type Adapter, remarks } from './adapter.js';

const requestSchema = z.looseObject({
  id: z.string().optional(),
  system: z.string().optional(),
  prompt: z.string().optional(),
  url: z.string().optional(),
  images: z.array(z.string()).nullish(),
});

export const photoprism: Adapter = {
  tellFailure: (response, { status, message }) => {
    response.status(status).json({ code: status, error: message, result: {} });
  },
  endpoints: [
    {
      kind: 'caption',
      // PhotoPrism may put the name and version of its model behind the path.
      path: '/api/v1/vision/caption{/:model}{/:version}',
      what: 'A caption',
      read(body) {
        const { id = randomUUID(), system, prompt, url = '', images } = checked(requestSchema, body);
        const [image = url, ...others] = images ?? [];
        if (image === '' || others.length > 0)
          throw new EkphrasisError(ErrorCode.BadInput, 'Send one photo, in images or as url.');
        return {
          image,
          reply: ({ candidates: [caption], model, language }) => ({
            json: {
              id,
              code: 200,
              model: { type: 'caption', name: model, version: 'latest' },
              result: { caption: { text: caption.text, source: 'image', confidence: meanProbability(caption) } },
              language,
              ...remarks([system, prompt].filter(Boolean).join(' ')),
            },
          }),
        };
      },
    },
  ],
};
