/** `ekphrasis keys`, and what `ekphrasis serve` makes of keys. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type CommandLine, openCommandLine } from './command-line.js';

let line: CommandLine;
beforeAll(async () => {
  line = await openCommandLine();
});
afterAll(() => line.close());

const madeSchema = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  state: z.string(),
  expiresAt: z.string().nullable(),
  secret: z.string(),
});
const listSchema = z.array(madeSchema.omit({ secret: true }));

const list = async () => listSchema.parse(JSON.parse((await line.run('keys', 'list', '--json')).stdout));

test('a key is made, listed and revoked', async () => {
  const created = await line.run('keys', 'create', '--scope', 'read,caption', '--expires', '90d', '--json');
  const { secret, ...key } = madeSchema.parse(JSON.parse(created.stdout));
  expect(key).toMatchObject({ name: 'read, caption', scopes: ['read', 'caption'], state: 'usable' });
  expect(Date.parse(key.expiresAt ?? '') - Date.now()).toBeCloseTo(90 * 24 * 3_600_000, -6);
  expect(created.stderr).toContain('No usable key has the scope admin');

  const admin = await line.run('keys', 'create', '--scope', 'admin', '--name', 'ours', '--expires', '2100-01-01');
  expect(admin.stdout).toMatch(/^ekphrasis_[\w-]{43}\n$/);
  expect(admin.stderr).not.toContain('No usable key');

  expect((await line.run('keys', 'revoke', key.id)).stdout).toContain('revoked  read,caption');
  expect(await list()).toMatchObject([
    { name: 'ours', state: 'usable', expiresAt: '2100-01-01T00:00:00.000Z' },
    { id: key.id, state: 'revoked' },
  ]);
  const listed = await line.run('keys');
  expect(listed.stdout).toContain('until 2100-01-01  admin  ours  never used');
  expect(listed.stdout).not.toContain(secret);
  expect(await line.run('keys', 'revoke', 'nobody')).toMatchObject({
    code: 1,
    stderr: 'NOT_FOUND: There is no key nobody.\n',
  });
});

test.each([
  [['--scope', 'read,everything'], 2, 'There is no scope "everything"'],
  [[], 2, '--scope'],
  [['--scope', 'read', '--expires', 'soon'], 2, 'such as 90d'],
  [['--scope', 'read', '--expires', '2020-01-01'], 1, 'BAD_USER_INPUT'],
])('keys create %j is refused', async (options, code, reason) => {
  const refused = await line.run('keys', 'create', ...options);
  expect(refused).toMatchObject({ code, stdout: '' });
  expect(refused.stderr).toContain(reason);
});

test('a server that is open to the network does not start without a key; with FIRST_ADMIN_KEY it tells one, once', async () => {
  for (const { id } of await list()) await line.run('keys', 'revoke', id);
  const refused = await line.runWith({ HOST: '0.0.0.0' }, 'serve');
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^INVALID_CONFIGURATION: .*keys create --scope admin.*ALLOW_ANONYMOUS=read,caption/);

  const greetings: string[][] = [];
  for (let start = 0; start < 2; start += 1) {
    const server = line.startWith({ HOST: '0.0.0.0', FIRST_ADMIN_KEY: 'log' }, 'serve');
    const ended = once(server, 'exit');
    const lines: string[] = [];
    for await (const text of createInterface(server.stdout)) {
      lines.push(text);
      if (text.startsWith('The page')) server.kill('SIGTERM');
    }
    expect(await ended).toEqual([0, null]);
    greetings.push(lines);
  }
  const [first = [], second = []] = greetings;
  expect(first[0]).toMatch(/^The admin key of this server, told only this once: ekphrasis_[\w-]{43}$/);
  expect(JSON.stringify(second)).not.toContain('ekphrasis_');
  expect((await list()).filter(({ state }) => state === 'usable')).toMatchObject([
    { name: 'first', scopes: ['admin'] },
  ]);
});
