/** Ollama's API (https://docs.ollama.com/api): generate and chat, with a photo each. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode, notFound } from '../../../errors.js';
import { PROGRAM_VERSION } from '../../../version.js';
import { sha256Of } from '../../../files/sha256.js';
import { checked } from '../read-caption-request.js';
import { type Adapter, type CaptionCall, piecesOf, remarks, type Reply, type Written } from './adapter.js';
import { languageOf, MODEL, modelNames } from './models.js';

/** Of the API that is spoken, which clients may ask for; ours stands behind it. */
const VERSION = `0.12.0+ekphrasis.${PROGRAM_VERSION}`;
const NANOSECONDS = 1_000_000;

const images = z.array(z.string()).nullish();
/** A stream is the default of this API. */
const stream = z.boolean().nullish();

const generateSchema = z.looseObject({
  model: z.string(),
  prompt: z.string().nullish(),
  system: z.string().nullish(),
  images,
  stream,
});

const messageSchema = z.looseObject({ role: z.string(), content: z.string().nullish(), images });
const chatSchema = z.looseObject({ model: z.string(), messages: z.array(messageSchema), stream });

const showSchema = z.looseObject({ model: z.string().optional(), name: z.string().optional() });

export const ollama: Adapter = {
  tellFailure: (response, { status, message }) => {
    response.status(status).json({ error: message });
  },
  endpoints: [
    {
      kind: 'caption',
      path: '/api/generate',
      what: 'A caption',
      read(body) {
        const { model, prompt, system, images: photos, stream: streamed } = checked(generateSchema, body);
        const said = [system, prompt].filter(Boolean).join(' ');
        return callOf(photos, model, said, streamed, (text) => ({ response: text }));
      },
    },
    {
      kind: 'caption',
      path: '/api/chat',
      what: 'A caption',
      read(body) {
        const { model, messages, stream: streamed } = checked(chatSchema, body);
        const last = messages.findLast((message) => (message.images ?? []).length > 0);
        const said = messages.map(({ content }) => content ?? '').join(' ');
        return callOf(last?.images, model, said, streamed, (text) => ({
          message: { role: 'assistant', content: text },
        }));
      },
    },
    {
      kind: 'look',
      method: 'GET',
      path: '/api/tags',
      what: 'The list of models',
      answer: async ({ languages }) => ({ models: modelNames(await languages()).map(described) }),
    },
    {
      kind: 'look',
      method: 'POST',
      path: '/api/show',
      what: 'A model',
      async answer({ languages, body }) {
        const { model, name = '' } = checked(showSchema, body);
        const known = await languages();
        const language = languageOf(model ?? name) ?? known[0] ?? '';
        if (!known.includes(language)) throw notFound(`model ${model ?? name}`);
        return {
          details: DETAILS,
          model_info: { 'general.architecture': MODEL, 'general.languages': [language] },
          capabilities: ['completion', 'vision'],
          modified_at: EPOCH,
        };
      },
    },
    { kind: 'look', method: 'GET', path: '/api/version', what: 'The version', answer: () => ({ version: VERSION }) },
  ],
};

const EPOCH = new Date(0).toISOString();
const DETAILS = { format: 'onnx', family: MODEL, families: [MODEL], parameter_size: '', quantization_level: '' };

function described(name: string) {
  const full = name.includes(':') ? name : `${name}:latest`;
  return {
    name: full,
    model: full,
    modified_at: EPOCH,
    size: 0,
    digest: sha256Of(Buffer.from(full)),
    details: DETAILS,
  };
}

/** @param toContent what of an answer has a piece of text */
function callOf(
  photos: readonly string[] | null | undefined,
  model: string,
  prompt: string,
  streamed: boolean | null | undefined,
  toContent: (text: string) => object,
): CaptionCall {
  const language = languageOf(model);
  const [image, ...others] = photos ?? [];
  if (image === undefined || others.length > 0)
    throw new EkphrasisError(ErrorCode.BadInput, 'Send one photo, as base64, in images: this server captions photos.');
  const reply = ({ candidates: [{ text, words }], milliseconds }: Written): Reply => {
    const own = { model, created_at: new Date().toISOString() };
    const end = {
      done: true,
      done_reason: 'stop',
      total_duration: Math.round(milliseconds * NANOSECONDS),
      load_duration: 0,
      prompt_eval_count: 0,
      prompt_eval_duration: 0,
      eval_count: words.length,
      eval_duration: Math.round(milliseconds * NANOSECONDS),
      ...remarks(prompt),
    };
    if (streamed === false) return { json: { ...own, ...toContent(text), ...end } };
    const pieces = piecesOf(text).map((piece) => ({ ...own, ...toContent(piece), done: false }));
    const lines = [...pieces, { ...own, ...toContent(''), ...end }].map((line) => `${JSON.stringify(line)}\n`);
    return { type: 'application/x-ndjson', lines };
  };
  return { image, language, reply };
}
