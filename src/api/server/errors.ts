/** What clients are told of a failure: mistakes and known troubles in words and by code, defects by neither. */
import { HeaderMap } from '@apollo/server';
import type { RequestHandler, Response } from 'express';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { storageFailure, systemCode } from '../../files/storage-failure.js';
import { requestFields } from '../../monitoring/request-id.js';
import type { Services } from '../services.js';
import { type ApiCode, isApiCode, type RequestCode } from '../error-codes.js';
import { withoutPaths } from '../without-paths.js';

type Log = Pick<Services['log'], 'error'>;

const NEUTRAL_MESSAGE = 'Something went wrong on the server. It has been noted in the log.';

const UPLOAD_HINT =
  'A photo is sent as a file of a multipart request (https://github.com/jaydenseric/graphql-multipart-request-spec), ' +
  "not as a value: curl -H 'apollo-require-preflight: 1' -F operations=… -F map=… -F 0=@photo.jpg.";

/** An error of an operation as the client gets it. What is neither a mistake nor a known trouble is logged. */
export function toClientError(
  error: unknown,
  log: Log,
  fallbackCode: ApiCode = ErrorCode.BadInput,
): GraphQLFormattedError {
  const { locations, path } = error instanceof GraphQLError ? error.toJSON() : {};
  const { message, code } = describeCause(error, log, fallbackCode);
  // By it the operator finds the line of the log that has the cause.
  const request = code === 'INTERNAL_SERVER_ERROR' ? requestFields() : {};
  return { message, ...(locations && { locations }), ...(path && { path }), extensions: { code, ...request } };
}

interface Description {
  readonly message: string;
  readonly code: ApiCode;
}

function describeCause(error: unknown, log: Log, fallbackCode: ApiCode): Description {
  const cause = innermost(error);
  if (cause instanceof EkphrasisError) return { code: cause.code, message: withoutPaths(cause.message) };
  if (error instanceof GraphQLError && cause instanceof GraphQLError) {
    const message = error.message.replace('Upload value invalid.', UPLOAD_HINT);
    const { code } = { ...cause.extensions, ...error.extensions };
    return { message, code: isApiCode(code) && code !== 'INTERNAL_SERVER_ERROR' ? code : fallbackCode };
  }
  const system = fromSystem(cause);
  if (system) return { code: system.code, message: withoutPaths(system.message) };
  log.error({ err: cause, ...requestFields() }, 'an operation failed unexpectedly');
  return { message: NEUTRAL_MESSAGE, code: 'INTERNAL_SERVER_ERROR' };
}

/** GraphQL wraps what a resolver throws, Apollo what GraphQL throws. */
function innermost(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}

function fromSystem(cause: unknown): EkphrasisError | undefined {
  const code = systemCode(cause);
  return code === 'ENOSPC' || code === 'EDQUOT' ? storageFailure('The folder of temporary files', cause) : undefined;
}

/** An error of a library that says which HTTP status it means, such as those of http-errors. */
export interface HttpError extends Error {
  readonly status: number;
}

export function isHttpError(error: unknown): error is HttpError {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}

/** A mistake of a request that is told before there is an operation. */
export class RequestError extends Error implements HttpError {
  constructor(
    readonly status: number,
    readonly code: RequestCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** A multipart request that does not keep to the specification. */
export class MultipartError extends RequestError {
  constructor(message: string) {
    super(400, 'BAD_MULTIPART', message);
  }
}

/** A photo of more bytes than are read. */
export function tooLarge(maximumBytes: number): EkphrasisError {
  const mebibytes = (maximumBytes / 2 ** 20).toFixed(1);
  const message = `The file is too large: at most ${mebibytes} MiB are read. Send a smaller copy, or raise MAX_UPLOAD_BYTES.`;
  return new EkphrasisError(ErrorCode.ImageTooLarge, message);
}

/** An error of an operation that says which status and headers HTTP has for it. */
export function withHttp(
  error: Error & { readonly code: string },
  { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
): GraphQLError {
  const http = { status, headers: new HeaderMap(Object.entries(headers)) };
  return new GraphQLError(error.message, {
    originalError: error instanceof EkphrasisError ? error : undefined,
    extensions: { code: error.code, http },
  });
}

export interface Failure {
  readonly status: number;
  readonly code: ApiCode;
  readonly message: string;
  /** By it the operator finds what happened in the log. */
  readonly requestId?: string | undefined;
}

/** How failures look to the clients of a part of the server. */
export type FailureForm = (response: Response, failure: Failure) => void;

const forms = new WeakMap<Response, FailureForm>();

const asGraphQL: FailureForm = (response, { status, code, message, requestId }) => {
  const extensions = { code, ...(requestId !== undefined && { requestId }) };
  response.status(status).json({ errors: [{ message, extensions }] });
};

/** From here on whatever fails of a request is told in this form. Default: that of GraphQL's errors. */
export function tellFailuresBy(form: FailureForm): RequestHandler {
  return (_request, response, next) => {
    forms.set(response, form);
    next();
  };
}

/**
 * Tells of a failure outside of GraphQL. What the client still sends is read and thrown away: a connection that is
 * closed over it is reset, and the answer lost.
 */
export function sendError(
  response: Response,
  status: number,
  code: ApiCode,
  message: string,
  requestId?: string,
): void {
  response.req.resume();
  (forms.get(response) ?? asGraphQL)(response, { status, code, message, requestId });
}
