/** Which errors say that the database is out of reach, and not that a statement was wrong: the same may succeed later. */
import { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../errors.js';

/**
 * PostgreSQL's classes 08 (connection), 53 (out of room, memory or connections) and 57P (shut down, starting up); what the
 * operating system says of sockets; and Prisma's own: not reached, timed out, closed, no connection free, transaction lost.
 */
const CODES = /^(08...|53...|57P..|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|P1001|P1002|P1008|P1017|P2024|P2028)$/;

/** The driver pg has no codes for these. */
const MESSAGES = /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** What Prisma wraps of a driver's error. */
const wrappedSchema = z.object({ meta: z.object({ driverAdapterError: z.object({ cause: z.object({ originalCode: z.string() }) }) }) });

/** Whether an error, or one that it was caused by, is of a database that does not answer. */
export function isDatabaseLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof EkphrasisError) return error.code === ErrorCode.DatabaseUnavailable;
  const code = 'code' in error ? String(error.code) : '';
  const original = wrappedSchema.safeParse(error).data?.meta.driverAdapterError.cause.originalCode ?? '';
  return CODES.test(code) || CODES.test(original) || MESSAGES.test(error.message) || isDatabaseLoss(error.cause);
}
