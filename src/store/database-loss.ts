/**
 * Which errors say that the database is out of reach or out of room, and not that a statement was wrong: the same may
 * succeed later.
 */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';

/** PostgreSQL's disk_full. */
const DISK_FULL = '53100';

/**
 * PostgreSQL's classes 08 (connection), 53 (out of memory or connections) and 57P (shut down, starting up); what the
 * operating system says of sockets; and Prisma's own: not reached, timed out, closed, no connection free, transaction
 * lost.
 */
const CODES =
  /^(08...|53...|57P..|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|P1001|P1002|P1008|P1017|P2024|P2028)$/;

/** The driver pg has no codes for these. */
const MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** What Prisma wraps of a driver's error, and what its adapters throw. */
const wrappedSchema = z.object({
  meta: z.object({ driverAdapterError: z.object({ cause: z.object({ originalCode: z.string() }) }) }),
});
const thrownSchema = z.object({ cause: z.object({ originalCode: z.string() }) });

/** Why a database of PostgreSQL refuses what it would do another time, in words. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^53200$/, 'it is out of memory'],
  [/^53300$|^P2024$/, 'it has no connection free'],
  [/^57P/, 'it is being shut down or started'],
];

/** Whether an error, or one that it was caused by, is of a database that does not answer. */
export function isDatabaseLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof EkphrasisError) return error.code === ErrorCode.DatabaseUnavailable;
  const codes = codesOf(error);
  if (codes.includes(DISK_FULL)) return false;
  return codes.some((code) => CODES.test(code)) || MESSAGES.test(error.message) || isDatabaseLoss(error.cause);
}

/** Whether PostgreSQL says that its disk is full. */
export function isDatabaseFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return codesOf(error).includes(DISK_FULL) || isDatabaseFull(error.cause);
}

/** What a statement failed with, as a person is told of it, where it is no fault of the statement. */
export function toDatabaseFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof EkphrasisError) return error;
  if (isDatabaseFull(error)) {
    const message =
      'The disk of the database is full. Nothing new is stored until there is room; what is stored can be read. Make room and try again.';
    const cause = Object.assign(new Error(error.message, { cause: error }), { code: DISK_FULL });
    return new EkphrasisError(ErrorCode.StorageFailed, message, { cause });
  }
  if (!isDatabaseLoss(error)) return error;
  const codes = codesOf(error);
  const reason = REASONS.find(([pattern]) => codes.some((code) => pattern.test(code)))?.[1];
  const message = `The database does not answer${reason === undefined ? '' : `: ${reason}`}. Try again in a moment.`;
  return new EkphrasisError(ErrorCode.DatabaseUnavailable, message, { cause: error });
}

function codesOf(error: Error): string[] {
  const own = 'code' in error ? [String(error.code)] : [];
  const wrapped = wrappedSchema.safeParse(error).data?.meta.driverAdapterError.cause.originalCode;
  const thrown = thrownSchema.safeParse(error).data?.cause.originalCode;
  return [...own, wrapped, thrown].filter((code) => code !== undefined);
}
