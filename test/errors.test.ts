import { expect, test } from 'vitest';
import { EkphrasisError, ErrorCode } from '../src/errors.js';

test('the error codes that clients rely on never change or vanish', () => {
  expect(Object.values(ErrorCode).sort()).toMatchInlineSnapshot(`
    [
      "BAD_USER_INPUT",
      "CONFLICT",
      "DATABASE_LOCKED",
      "DATABASE_UNAVAILABLE",
      "DEVICE_UNAVAILABLE",
      "ENCODER_MISMATCH",
      "ENGINE_UNAVAILABLE",
      "FORBIDDEN",
      "IMAGE_TOO_LARGE",
      "INVALID_CHECKPOINT",
      "INVALID_CONFIGURATION",
      "INVALID_DATASET",
      "INVALID_IMAGE",
      "LIBRARY_UNAVAILABLE",
      "NOT_FOUND",
      "NO_MODEL",
      "PHOTO_MISSING",
      "PROCESS_FAILED",
      "STORAGE_FAILED",
      "TRAINING_FAILED",
      "UNAUTHENTICATED",
      "URL_REFUSED",
      "URL_UNREACHABLE",
      "WEIGHTS_UNAVAILABLE",
    ]
  `);
});

test('no two errors share a code', () => {
  const codes = Object.values(ErrorCode);
  expect(new Set(codes).size).toBe(codes.length);
});

test('an error keeps its code, its message and its cause', () => {
  const cause = new Error('ENOSPC');
  const error = new EkphrasisError(ErrorCode.StorageFailed, 'The disk is full.', { cause });
  expect(error).toMatchObject({ code: 'STORAGE_FAILED', message: 'The disk is full.', cause });
});
