/** What a Postgres refuses to the role that we come with, in words that say who can mend it. */
import { EkphrasisError, ErrorCode } from '../errors.js';
import { systemCode } from '../files/storage-failure.js';

/** PostgreSQL's insufficient_privilege; feature_not_supported and undefined_file, of an extension that is not there. */
const PRIVILEGE = '42501';
const NOT_INSTALLED = new Set(['0A000', '58P01']);

/** @returns INVALID_CONFIGURATION for a refusal that a person has to mend; any other error as it is */
export function explainRefusal(error: unknown): unknown {
  const code = systemCode(error);
  if (!(error instanceof Error) || code === undefined) return error;
  const extension = /extension "(\w+)"/.exec(error.message)?.[1];
  if (NOT_INSTALLED.has(code) && extension !== undefined)
    return refusal(
      `The Postgres server has no ${extension}. Install pgvector there, or take one that has it, such as the image pgvector/pgvector.`,
      error,
    );
  if (code !== PRIVILEGE) return error;
  if (extension !== undefined)
    return refusal(
      `The database lacks the extension ${extension}, which the role of DATABASE_URL may not create. Have a superuser run this in that database, once: CREATE EXTENSION ${extension};`,
      error,
    );
  return refusal(
    `The role of DATABASE_URL lacks a right that is needed (${error.message}). Make it the owner of the database, or have the owner run: GRANT CREATE ON DATABASE … TO …; GRANT USAGE, CREATE ON SCHEMA public TO …;`,
    error,
  );
}

function refusal(message: string, cause: unknown): EkphrasisError {
  return new EkphrasisError(ErrorCode.InvalidConfiguration, message, { cause });
}
