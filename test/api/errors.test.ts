import { GraphQLError } from 'graphql';
import { beforeEach, expect, test } from 'vitest';
import { toClientError } from '../../src/api/server/errors.js';
import { EkphrasisError, ErrorCode } from '../../src/errors.js';

let logged: unknown[] = [];
const log = {
  error: (entry: unknown) => {
    logged.push(entry);
  },
};
beforeEach(() => {
  logged = [];
});

const thrown = (originalError: Error) =>
  new GraphQLError(originalError.message, { path: ['captionImage'], originalError });

test('an error meant for people keeps its code, message and place, and is not logged', () => {
  const error = thrown(
    new EkphrasisError(ErrorCode.InvalidImage, 'The file is empty.', { cause: new Error('internals') }),
  );
  expect(toClientError(error, log)).toEqual({
    message: 'The file is empty.',
    path: ['captionImage'],
    extensions: { code: 'INVALID_IMAGE' },
  });
  expect(logged).toEqual([]);
});

test('a defect is told neutrally, without a word of what happened, and logged', () => {
  const defect = new TypeError('cannot read secret of /home/somebody');
  const told = toClientError(thrown(defect), log);
  expect(told.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR' });
  expect(JSON.stringify(told)).not.toMatch(/secret|somebody|TypeError/);
  expect(logged).toEqual([{ err: defect }]);
});

test('a wrapped wrapper is looked through', () => {
  const inner = thrown(new EkphrasisError(ErrorCode.NotFound, 'There is no image.'));
  expect(toClientError(new GraphQLError('wrapped', { originalError: inner }), log).extensions).toEqual({
    code: 'NOT_FOUND',
  });
});

test('a mistake in the operation itself keeps its message', () => {
  const error = new GraphQLError('Cannot query field "x".');
  expect(toClientError(error, log, 'GRAPHQL_VALIDATION_FAILED')).toEqual({
    message: 'Cannot query field "x".',
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  });
});

test('a full disk under an upload says so', () => {
  const told = toClientError(thrown(Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' })), log);
  expect(told).toMatchObject({
    message: expect.stringContaining('disk is full') as string,
    extensions: { code: 'STORAGE_FAILED' },
  });
});
