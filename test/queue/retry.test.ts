import { expect, test } from 'vitest';
import { EkphrasisError, ErrorCode } from '../../src/errors.js';
import { retryWhileUnavailable } from '../../src/queue/retry.js';
import { isDatabaseLoss } from '../../src/store/database-loss.js';

const lost = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const never = new AbortController().signal;

/** Fails this often, then succeeds. */
function failing(times: number, error: () => Error = lost) {
  const calls = { count: 0 };
  const action = () => {
    calls.count += 1;
    return calls.count <= times ? Promise.reject(error()) : Promise.resolve('done');
  };
  return { calls, action };
}

test('a database that comes back in time is asked again until it answers', async () => {
  const { calls, action } = failing(2);
  expect(await retryWhileUnavailable(action, { milliseconds: 60_000, signal: never })).toBe('done');
  expect(calls.count).toBe(3);
});

test('a database that stays away is given up by its code', async () => {
  const { action } = failing(Infinity);
  await expect(retryWhileUnavailable(action, { milliseconds: 150, signal: never })).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
  });
});

test('the waiting can be ended', async () => {
  const controller = new AbortController();
  const { action } = failing(Infinity);
  const waiting = retryWhileUnavailable(action, { milliseconds: Infinity, signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
});

test('what has nothing to do with the connection is thrown at once', async () => {
  const { calls, action } = failing(Infinity, () => new TypeError('a defect'));
  await expect(retryWhileUnavailable(action, { milliseconds: 60_000, signal: never })).rejects.toThrow('a defect');
  expect(calls.count).toBe(1);
});

test.each([
  ['a refused connection', lost(), true],
  ['a server that shuts down', Object.assign(new Error('terminating connection'), { code: '57P01' }), true],
  ['a full disk of the server', Object.assign(new Error('could not extend file'), { code: '53100' }), false],
  ['a connection that broke', new Error('Connection terminated unexpectedly'), true],
  ['what was caused by one', new Error('the query failed', { cause: lost() }), true],
  ['a database of another version', new EkphrasisError(ErrorCode.DatabaseUnavailable, 'It does not answer.'), true],
  ['a wrong statement', Object.assign(new Error('duplicate key'), { code: '23505' }), false],
  ['a missing file', Object.assign(new Error('no such file'), { code: 'ENOENT' }), false],
  ['a defect', new TypeError('undefined is not a function'), false],
])('%s: a lost database is told from other troubles', (_, error, expected) => {
  expect(isDatabaseLoss(error)).toBe(expected);
});
