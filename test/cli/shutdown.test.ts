/** What becomes of requests when the built program is told to end. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, type CommandLine, openCommandLine } from './command-line.js';

let line: CommandLine;
beforeAll(async () => {
  line = await openCommandLine();
});
afterAll(() => line.close());

const BOUNDARY = 'end-of-part';
const part = (headers: string, content: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${content}`;
const QUERY = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { id } }';

/** An upload that the server has begun to receive, and of which the end is yet to come. */
async function beginUpload(url: string): Promise<ClientRequest> {
  const headers = {
    'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    'apollo-require-preflight': '1',
    expect: '100-continue',
  };
  const upload = request(url, { method: 'POST', headers });
  upload.flushHeaders();
  await once(upload, 'continue');
  const operations = JSON.stringify({ query: QUERY, variables: { upload: null } });
  upload.write(`${part('name="operations"', operations)}\r\n${part('name="map"', '{"0":["variables.upload"]}')}\r\n`);
  upload.write(part('name="0"; filename="photo.jpg"', 'no picture'));
  return upload;
}

async function answerTo(upload: ClientRequest): Promise<{ status: number; retryAfter: string; body: string }> {
  const [response] = (await once(upload, 'response')) as [IncomingMessage];
  const { statusCode = 0, headers } = response;
  return { status: statusCode, retryAfter: headers['retry-after'] ?? '', body: await text(response) };
}

/** What a request is answered as soon as the server has heard that it is to end. */
async function lateAnswer(url: string): Promise<Response> {
  for (;;) {
    // A connection of its own: an idle one is closed at the very moment.
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const response = await fetch(url, { method: 'POST', body: '{}', headers });
    if (response.status === 503) return response;
    await wait(50);
  }
}

test('a running upload is finished; one that does not come and those that come later are refused; none waits for more than 10 s', async () => {
  const server = line.start('serve');
  const ended = once(server, 'exit');
  const complaints = text(server.stderr);
  const url = await addressOf(server);
  const [slow, stuck] = await Promise.all([beginUpload(url), beginUpload(url)]);
  const answers = Promise.allSettled([answerTo(slow), answerTo(stuck)]);

  const told = performance.now();
  server.kill('SIGTERM');
  const late = await lateAnswer(url);
  expect(late.headers.get('retry-after')).toBe('10');
  // Whoever shares out requests sends no more here, and nobody takes the process for dead.
  const readyz = await fetch(new URL('/readyz', url));
  expect([readyz.status, await readyz.json()]).toEqual([
    503,
    {
      status: 'unavailable',
      checks: { closing: { ok: false, code: 'SHUTTING_DOWN', reason: 'The process is closing.' } },
    },
  ]);
  expect((await fetch(new URL('/livez', url))).status).toBe(200);
  slow.end(`\r\n--${BOUNDARY}--\r\n`);
  const [finished, refused] = await answers;
  expect(finished).toMatchObject({
    value: { status: 200, body: expect.stringContaining('INVALID_IMAGE') as string },
  });
  expect(refused).toMatchObject({
    value: { status: 503, retryAfter: '10', body: expect.stringContaining('SHUTTING_DOWN') as string },
  });
  expect(await ended).toEqual([0, null]);
  // Ten seconds of grace, and what closing takes where all processors are busy.
  expect(performance.now() - told).toBeLessThan(20_000);
  expect(await complaints).not.toContain('Error');
});
