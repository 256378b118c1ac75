/** OpenAI's API (https://platform.openai.com/docs/api-reference/chat): chat completions with a photo, and models. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { EkphrasisError, ErrorCode, notFound } from '../../../errors.js';
import { checked } from '../read-caption-request.js';
import { type Adapter, piecesOf, remarks, type Reply, type Written } from './adapter.js';
import { languageOf, MODEL, modelNames } from './models.js';

const partSchema = z.union([
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('image_url'), image_url: z.looseObject({ url: z.string() }) }),
  z.looseObject({ type: z.string() }),
]);

const completionSchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(partSchema)]).nullish() })),
  /** How many answers. */
  n: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
});

type Completion = z.infer<typeof completionSchema>;

export const openai: Adapter = {
  tellFailure: (response, { status, code, message }) => {
    response.status(status).json({ error: { message, type: typeOf(status), param: null, code } });
  },
  endpoints: [
    {
      kind: 'caption',
      path: '/v1/chat/completions',
      what: 'A caption',
      read(body) {
        const completion = checked(completionSchema, body);
        const { model, stream } = completion;
        return {
          image: photoOf(completion),
          language: languageOf(model),
          reply: (written) => (stream === true ? streamed(completion, written) : whole(completion, written)),
        };
      },
    },
    {
      kind: 'look',
      method: 'GET',
      path: '/v1/models',
      what: 'The list of models',
      answer: async ({ languages }) => ({ object: 'list', data: modelNames(await languages()).map(described) }),
    },
    {
      kind: 'look',
      method: 'GET',
      path: '/v1/models/:id',
      what: 'A model',
      async answer({ languages, params }) {
        const id = String(params['id']);
        if (!modelNames(await languages()).includes(id)) throw notFound(`model ${id}`);
        return described(id);
      },
    },
  ],
};

function described(id: string) {
  return { id, object: 'model', created: 0, owned_by: MODEL };
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error';
  const types = new Map([
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [429, 'rate_limit_error'],
  ]);
  return types.get(status) ?? 'invalid_request_error';
}

/** That of the last message that has one: those before are what was spoken of earlier. @throws BAD_USER_INPUT */
function photoOf({ messages }: Completion): string {
  const photos = messages.map(({ content }) =>
    Array.isArray(content)
      ? content.flatMap((part) => ('image_url' in part && isImage(part.image_url) ? [part.image_url.url] : []))
      : [],
  );
  const [image, ...others] = photos.findLast((found) => found.length > 0) ?? [];
  if (image !== undefined && others.length === 0) return image;
  const message = 'Send one photo, as a part {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,…"}}.';
  throw new EkphrasisError(ErrorCode.BadInput, `${message} This server captions photos.`);
}

function isImage(value: unknown): value is { readonly url: string } {
  return typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string';
}

function promptOf({ messages }: Completion): string {
  const texts = messages.flatMap(({ content }) =>
    Array.isArray(content) ? content.flatMap((part) => ('text' in part ? [String(part.text)] : [])) : [content ?? ''],
  );
  return texts.join(' ');
}

/** The captions that answer: as many as were asked for, where there are so many. */
function answersOf({ n }: Completion, { candidates }: Written) {
  return candidates.slice(0, n ?? 1);
}

function usageOf(answers: ReturnType<typeof answersOf>) {
  const tokens = answers.reduce((sum, { words }) => sum + words.length, 0);
  return { prompt_tokens: 0, completion_tokens: tokens, total_tokens: tokens };
}

function headOf({ model }: Completion, object: string) {
  return { id: `chatcmpl-${randomUUID()}`, object, created: Math.floor(Date.now() / 1000), model };
}

function whole(completion: Completion, written: Written): Reply {
  const answers = answersOf(completion, written);
  return {
    json: {
      ...headOf(completion, 'chat.completion'),
      choices: answers.map(({ text }, index) => ({
        index,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      })),
      usage: usageOf(answers),
      ...remarks(promptOf(completion)),
    },
  };
}

/** Server-sent events. */
function streamed(completion: Completion, written: Written): Reply {
  const head = headOf(completion, 'chat.completion.chunk');
  const answers = answersOf(completion, written);
  const chunk = (index: number, delta: object, reason: string | null) => ({
    ...head,
    choices: [{ index, delta, logprobs: null, finish_reason: reason }],
    ...(reason !== null && remarks(promptOf(completion))),
  });
  const chunks = answers.flatMap(({ text }, index) => [
    chunk(index, { role: 'assistant', content: '' }, null),
    ...piecesOf(text).map((content) => chunk(index, { content }, null)),
    chunk(index, {}, 'stop'),
  ]);
  const usage = completion.stream_options?.include_usage ? [{ ...head, choices: [], usage: usageOf(answers) }] : [];
  const events = [...chunks, ...usage].map((event) => JSON.stringify(event));
  return { type: 'text/event-stream', lines: [...events, '[DONE]'].map((event) => `data: ${event}\n\n`) };
}
