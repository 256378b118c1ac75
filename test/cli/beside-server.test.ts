/** Commands beside a server to which the embedded database belongs: they ask it, none is told DATABASE_LOCKED. */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, type CommandLine, openCommandLine } from './command-line.js';

let line: CommandLine;
let stop: () => Promise<void>;
beforeAll(async () => {
  line = await openCommandLine();
  const server = line.start('serve');
  const ended = once(server, 'exit');
  stop = async () => {
    server.kill('SIGTERM');
    await ended;
  };
  await addressOf(server);
});
afterAll(async () => {
  await stop();
  await line.close();
});

test.each([
  [['jobs', '--json'], 0, '[]\n', ''],
  [['jobs', '--dead', '--json'], 0, '[]\n', ''],
  [['jobs', 'retry', 'nothing'], 1, '', 'NOT_FOUND: There is no job nothing.\n'],
  [['jobs', 'cancel', 'nothing'], 1, '', 'NOT_FOUND: There is no job nothing.\n'],
  [['jobs', 'pause', 'nothing'], 1, '', 'NOT_FOUND: There is no training job nothing.\n'],
  [['jobs', 'resume', 'nothing'], 1, '', 'NOT_FOUND: There is no training job nothing.\n'],
  [['webhooks', '--json'], 0, '[]\n', ''],
])('%j is answered by the server', async (args, code, stdout, stderr) => {
  expect(await line.run(...args)).toEqual({ code, stdout, stderr });
});
