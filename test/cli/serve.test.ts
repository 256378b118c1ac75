/** The built program as a process of its own. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type CommandLine, openCommandLine } from './command-line.js';

const INFO = 30;
const entrySchema = z.object({ level: z.number(), msg: z.string() });

let line: CommandLine;
beforeAll(async () => {
  line = await openCommandLine({ isFirstStart: true });
});
afterAll(() => line.close());

test('serve says where GraphQL is and answers there, keeps others off its database, and leaves it free when it is ended', async () => {
  const server = line.start('serve');
  const ended = once(server, 'exit');
  const complaints = text(server.stderr);
  const [greeting] = (await once(createInterface(server.stdout), 'line')) as [string];
  const url = /^GraphQL is at (http:\/\/127\.0\.0\.1:\d+\/graphql)\. Try: curl /.exec(greeting)?.[1] ?? '';
  const body = JSON.stringify({ query: '{ models { edges { node { name current } } } }' });
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect(await response.json()).toMatchObject({
    data: {
      models: {
        edges: [{ node: { name: 'flickr8k', current: true } }, { node: { name: 'flickr8k-search', current: true } }],
      },
    },
  });

  expect(await line.run('search', 'dog')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`DATABASE_LOCKED`) as string,
  });

  server.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  // The log has the one request, and no complaint.
  const logged = (await complaints)
    .trim()
    .split('\n')
    .map((entry) => entrySchema.parse(JSON.parse(entry)));
  expect(logged).toEqual([{ level: INFO, msg: 'request completed' }]);
  expect(await line.run('search', 'dog')).toMatchObject({ code: 0 });
});
