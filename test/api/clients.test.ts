/**
 * Clients that people have already, pointed at the server: programs that nobody here wrote caption a photo with the model
 * that comes with the program.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openTestServer, type TestServer } from './test-server.js';

const PROMPT = 'In up to 3 sentences, describe what you see in this image.';

/** A dog on a meadow, as far as a few shapes can be one. */
const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="360">
  <rect width="480" height="200" fill="#9cc4ee"/><rect y="190" width="480" height="170" fill="#4f8f3a"/>
  <g fill="#7a4a20"><ellipse cx="240" cy="220" rx="90" ry="42"/><circle cx="335" cy="175" r="34"/>
  <rect x="170" y="240" width="18" height="70"/><rect x="290" y="240" width="18" height="70"/></g>
  <circle cx="345" cy="168" r="5" fill="black"/></svg>`;

let server: TestServer;
let files: Server;
let origin: string;
let key: string;
let photo: Uint8Array;
let base64: string;
let dataUrl: string;
let photoUrl: string;
/** What the plain API says of the photo. */
let caption: string;

beforeAll(async () => {
  photo = await sharp(Buffer.from(DRAWING)).jpeg().toBuffer();
  base64 = Buffer.from(photo).toString('base64');
  dataUrl = `data:image/jpeg;base64,${base64}`;
  files = createServer((_request, response) => {
    response.setHeader('content-type', 'image/jpeg').end(photo);
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  const { port } = files.address() as AddressInfo;
  photoUrl = `http://127.0.0.1:${port}/photo.jpg`;
  server = await openTestServer({
    // The weights that are fetched once, and the model that comes with the program.
    EKPHRASIS_CACHE: process.env['EKPHRASIS_CACHE'] ?? join(homedir(), '.cache', 'ekphrasis'),
    VGG16_WEIGHTS: '',
    VGG16_PRECISION: 'int8',
    FETCH_ALLOW: `127.0.0.1:${port}`,
  });
  ({ origin } = new URL(server.url));
  key = (await server.application.keys.create({ scopes: ['caption'] })).secret;
  const answer = await fetch(`${origin}/v1/captions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'image/jpeg' },
    body: new Uint8Array(photo),
  });
  ({ caption } = z.object({ caption: z.string().min(10) }).parse(await answer.json()));
});

afterAll(async () => {
  await server.close();
  files.close();
});

const remarked = z.looseObject({ ekphrasis: z.object({ notices: z.array(z.string()) }) });
const noticesOf = (answer: unknown) => remarked.parse(answer).ekphrasis.notices.join(' ');

test('the caption is a sentence of the model that comes with the program', () => {
  expect(caption.split(' ').length).toBeGreaterThan(3);
});

describe('ollama', () => {
  const client = (secret = key) => new Ollama({ host: origin, headers: { Authorization: `Bearer ${secret}` } });

  test('generates', async () => {
    const answer = await client().generate({ model: 'ekphrasis', prompt: PROMPT, images: [base64] });
    expect(answer).toMatchObject({ model: 'ekphrasis', response: caption, done: true, done_reason: 'stop' });
    expect(noticesOf(answer)).toContain('follows no prompt');
  });

  test('generates piece by piece', async () => {
    const pieces: string[] = [];
    const stream = await client().generate({ model: 'ekphrasis:latest', prompt: '', images: [photo], stream: true });
    for await (const { response, done } of stream) if (!done) pieces.push(response ?? '');
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(caption);
  });

  test('chats, of the photo that was sent last', async () => {
    const other = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const messages = [
      { role: 'user', content: PROMPT, images: [other] },
      { role: 'assistant', content: 'A red square.' },
      { role: 'user', content: 'And this one?', images: [photo] },
    ];
    const { message } = await client().chat({ model: 'ekphrasis:en', messages });
    expect(message).toMatchObject({ role: 'assistant', content: caption });
    let streamed = '';
    for await (const part of await client().chat({ model: 'ekphrasis', messages, stream: true }))
      streamed += part.message.content;
    expect(streamed).toBe(caption);
  });

  test('lists models, and shows one', async () => {
    const { models } = await client().list();
    expect(models.map(({ name }) => name)).toEqual(['ekphrasis:latest', 'ekphrasis:en']);
    expect((await client().show({ model: 'ekphrasis' })).capabilities).toContain('vision');
    expect((await client().version()).version).toContain('ekphrasis');
  });

  test('is told of mistakes as it understands them', async () => {
    await expect(client().generate({ model: 'llava', prompt: PROMPT, images: [base64] })).rejects.toMatchObject({
      status_code: 404,
      error: expect.stringContaining('no model llava') as string,
    });
    await expect(client().generate({ model: 'ekphrasis', prompt: 'Why is the sky blue?' })).rejects.toMatchObject({
      status_code: 400,
      error: expect.stringContaining('Send one photo') as string,
    });
    await expect(client('wrong').list()).rejects.toMatchObject({ status_code: 401 });
    await expect(client().show({ model: 'ekphrasis:xx' })).rejects.toMatchObject({ status_code: 404 });
  });
});

describe('openai', () => {
  const client = (apiKey = key) => new OpenAI({ baseURL: `${origin}/v1`, apiKey, maxRetries: 0 });
  const about = (url: string): OpenAI.ChatCompletionMessageParam[] => [
    { role: 'system', content: 'You describe photos.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: PROMPT },
        { type: 'image_url', image_url: { url, detail: 'low' } },
      ],
    },
  ];

  test('completes a chat about a photo, as data and at an address', async () => {
    for (const url of [dataUrl, photoUrl]) {
      const answer = await client().chat.completions.create({ model: 'ekphrasis', messages: about(url) });
      expect(answer.choices).toMatchObject([
        { message: { role: 'assistant', content: caption }, finish_reason: 'stop' },
      ]);
      expect(noticesOf(answer)).toContain('follows no prompt');
    }
  });

  test('gives several answers where several are asked for', async () => {
    const answer = await client().chat.completions.create({ model: 'ekphrasis', messages: about(dataUrl), n: 3 });
    const texts = answer.choices.map(({ message }) => message.content);
    expect(texts[0]).toBe(caption);
    expect(new Set(texts).size).toBe(3);
  });

  test('completes it piece by piece', async () => {
    const stream = await client().chat.completions.create({
      model: 'ekphrasis',
      messages: about(dataUrl),
      stream: true,
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    let tokens = 0;
    for await (const { choices, usage } of stream) {
      pieces.push(choices[0]?.delta.content ?? '');
      tokens += usage?.completion_tokens ?? 0;
    }
    expect(pieces.join('')).toBe(caption);
    expect(pieces.filter(Boolean).length).toBeGreaterThan(3);
    expect(tokens).toBeGreaterThan(3);
  });

  test('lists models, and finds one', async () => {
    const names: string[] = [];
    for await (const { id } of client().models.list()) names.push(id);
    expect(names).toEqual(['ekphrasis', 'ekphrasis:en']);
    expect(await client().models.retrieve('ekphrasis:en')).toMatchObject({ id: 'ekphrasis:en', object: 'model' });
  });

  test('is told of mistakes as it understands them', async () => {
    const ask = (model: string, url: string) => client().chat.completions.create({ model, messages: about(url) });
    await expect(client('wrong').models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(client().models.retrieve('gpt-4o')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(ask('gpt-4o', dataUrl)).rejects.toMatchObject({ status: 404, code: 'NOT_FOUND' });
    await expect(ask('ekphrasis', 'data:image/jpeg;base64,AAAA')).rejects.toMatchObject({
      status: 422,
      code: 'INVALID_IMAGE',
      type: 'invalid_request_error',
    });
    await expect(ask('ekphrasis', 'http://127.0.0.1:9/private.jpg')).rejects.toMatchObject({ code: 'URL_REFUSED' });
  });
});

describe('PhotoPrism', () => {
  const ask = async (body: object, path = '/api/v1/vision/caption', secret = key) => {
    const answer = await fetch(`${origin}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  };
  /** What PhotoPrism reads of an answer: ApiResponse of its internal/ai/vision. */
  const read = z.object({
    id: z.string(),
    code: z.literal(200),
    model: z.object({ name: z.string(), version: z.string() }),
    result: z.object({
      caption: z.object({ text: z.string(), source: z.string(), confidence: z.number().positive() }),
    }),
  });
  /** The example of a request in the README of photoprism-vision, and that of its guide, with a photo in them. */
  const examples = [
    {
      id: 'b0db2187-7a09-438c-8649-a9c6c0f7b8a1',
      model: 'kosmos-2',
      version: 'latest',
      prompt: PROMPT,
    },
    {
      id: 'optional-uuid-to-track-request',
      model: 'llava-phi3',
      version: 'latest',
      prompt: 'Describe this image in a single sentence.',
    },
  ];

  test.each(examples)('asks as for $model', async (example) => {
    const { status, body } = await ask({ ...example, images: [dataUrl] });
    expect(status).toBe(200);
    const { id, result } = read.parse(body);
    expect([id, result.caption.text]).toEqual([example.id, caption]);
    expect(noticesOf(body)).toContain('follows no prompt');
  });

  test('asks with plain base64, with an address, and at the path of its model', async () => {
    for (const body of [{ images: [base64] }, { url: photoUrl }])
      expect(read.parse((await ask(body)).body).result.caption.text).toBe(caption);
    const { body } = await ask({ images: [dataUrl] }, '/api/v1/vision/caption/llava-phi3/latest');
    expect(read.parse(body).result.caption.text).toBe(caption);
    expect(noticesOf(body)).toBe('');
  });

  test('speaks Ollama, too: its request for a caption, by the engine of that name', async () => {
    const request = {
      id: 'test',
      model: 'ekphrasis:latest',
      prompt: PROMPT,
      suffix: '',
      stream: false,
      images: [base64],
    };
    const { body } = await ask(request, '/api/generate');
    expect(body).toMatchObject({ response: caption, done: true });
  });

  test('is told of mistakes as it understands them', async () => {
    const { status, body } = await ask({ images: ['data:image/jpeg;base64,AA=='] });
    expect({ status, body }).toMatchObject({ status: 422, body: { code: 422, error: expect.any(String) as string } });
    expect(await ask({}, undefined, 'wrong')).toMatchObject({ status: 401, body: { code: 401 } });
  });
});

test('none of them left anything in the collection', async () => {
  const { rows } = await server.application.store.executeSql('SELECT count(*)::int AS count FROM "Image"', []);
  expect(rows).toEqual([{ count: 0 }]);
});
