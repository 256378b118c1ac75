/** Every code of `extensions.code`, as an enum that clients can generate their types from. */
import { registerEnumType } from 'type-graphql';
import { enumOf } from './enum-names.js';
import { ERROR_MEANINGS, type ErrorCode } from '../errors.js';

/** What only an API can refuse, or fail with: codes beside those of src/errors.ts. */
const REQUEST_MEANINGS = {
  BAD_MULTIPART: 'The multipart request does not keep to the specification.',
  BAD_REQUEST: 'The request over HTTP is none that is served here; the message says why.',
  GRAPHQL_PARSE_FAILED: 'The document is no GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema, is too deep or has too many aliases.',
  IDEMPOTENCY_KEY_REUSED: 'Another request was sent with the same Idempotency-Key.',
  INTERNAL_SERVER_ERROR: "A defect of the server. It is in the server's log, by the requestId of the error.",
  METHOD_NOT_ALLOWED: 'The path is there, but not for this method: the header Allow names those that are.',
  OPERATION_RESOLUTION_FAILURE:
    'The document has no such operation, or one that is served another way: subscriptions over WebSocket only.',
  OPERATION_TOO_COSTLY: 'The operation asks for too much at once: see extensions.cost of the answer.',
  PERSISTED_QUERY_NOT_FOUND: 'Persisted queries are not served.',
  PERSISTED_QUERY_NOT_SUPPORTED: 'Persisted queries are not served.',
  REQUEST_IN_PROGRESS: 'A request with the same Idempotency-Key is being answered. Ask again in a moment.',
  REQUEST_TOO_LARGE: 'The request has more bytes or files than are read.',
  SHUTTING_DOWN: 'The server is shutting down.',
  TOO_MANY_REQUESTS:
    'The client has asked for too much in this minute. The header Retry-After says when to come again.',
  TOO_MANY_SUBSCRIPTIONS: 'The connection has as many subscriptions as are served at a time.',
  UNKNOWN_HOST: 'The server is not known by the name in the header Host (ALLOWED_HOSTS).',
  UNSUPPORTED_MEDIA_TYPE: 'The body is of a type that is not read here.',
  UPLOAD_INCOMPLETE: 'The request ended before its files did.',
  UPLOAD_MISSING: 'A file that the operation names is not in the request.',
} as const;
export type RequestCode = keyof typeof REQUEST_MEANINGS;

/** What a failure is told by that another version of the program has noted, with a code of its own. */
const UNKNOWN = 'UNKNOWN';

/** What clients are told by. */
export type ApiCode = ErrorCode | RequestCode | typeof UNKNOWN;

const MEANINGS: Readonly<Record<ApiCode, string>> = {
  ...ERROR_MEANINGS,
  ...REQUEST_MEANINGS,
  [UNKNOWN]:
    'A job or a training failed under another version of the program, by a code that this one does not know. The ' +
    'message says what happened.',
};

export const ErrorCodeName = enumOf(Object.keys(MEANINGS));
registerEnumType(ErrorCodeName, {
  name: 'ErrorCode',
  description:
    'Why something was refused or failed: the values of `extensions.code`. A code never changes its meaning.',
  valuesConfig: Object.fromEntries(Object.entries(MEANINGS).map(([code, description]) => [code, { description }])),
});

export function isApiCode(code: unknown): code is ApiCode {
  return typeof code === 'string' && Object.hasOwn(MEANINGS, code);
}

/** A code that is stored, maybe by another version. */
export function storedCode(code: string): ApiCode {
  return isApiCode(code) ? code : UNKNOWN;
}
