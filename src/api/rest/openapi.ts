/** The document of the plain API (OpenAPI 3.1), made of the schemas by which requests and answers are checked. */
import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import { PROGRAM_VERSION } from '../../version.js';
import { problemSchema, PROBLEM_TYPE } from './problem.js';
import { FILE_FIELD } from './read-caption-request.js';
import {
  altAnswerSchema,
  captionAnswerSchema,
  captionRequestSchema,
  idempotencyKeySchema,
  optionsSchema,
} from './schemas.js';

const RETRY_AFTER = { description: 'Seconds until it is worth asking again.', schema: { type: 'string' } } as const;
const BINARY = z.string().meta({ override: { type: 'string', format: 'binary' } });

const PROBLEMS = {
  400: 'BAD_USER_INPUT, BAD_REQUEST, BAD_MULTIPART: the request cannot be read, or a value of it is wrong.',
  401: 'UNAUTHENTICATED: a key is needed, or this one does not count.',
  403: 'FORBIDDEN: the key lacks a scope.',
  404: 'NOT_FOUND: there is no such photo.',
  409: 'CONFLICT: the photo has another external id. REQUEST_IN_PROGRESS: the same request is being done.',
  413: 'IMAGE_TOO_LARGE, REQUEST_TOO_LARGE: more bytes or pixels than are read.',
  415: 'UNSUPPORTED_MEDIA_TYPE: the body is of a type that is not read.',
  422: 'INVALID_IMAGE: the bytes are no photo. URL_REFUSED: the server does not go there. IDEMPOTENCY_KEY_REUSED: another request had this key.',
  429: 'TOO_MANY_REQUESTS: ask again after the seconds of Retry-After.',
  500: 'INTERNAL_SERVER_ERROR: the log has it by the requestId.',
  502: 'URL_UNREACHABLE: there is no photo at the address.',
  503: 'NO_MODEL, WEIGHTS_UNAVAILABLE, PROCESS_FAILED, DATABASE_UNAVAILABLE: the server cannot do it at the moment.',
  507: 'STORAGE_FAILED: the disk is full.',
} as const;

function problems(...statuses: readonly (keyof typeof PROBLEMS)[]) {
  const responses = statuses.map((status) => [
    String(status),
    {
      description: PROBLEMS[status],
      content: { [PROBLEM_TYPE]: { schema: problemSchema } },
      ...(status === 429 && { headers: { 'Retry-After': RETRY_AFTER } }),
    },
  ]);
  return Object.fromEntries(responses) as Record<`${number}`, { description: string }>;
}

export function openApiDocument(): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Ekphrasis',
      version: PROGRAM_VERSION,
      description: 'Captions and alternative texts of photos. What else the server does is a GraphQL API at /graphql.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{}, { key: [] }],
    tags: [{ name: 'captions' }],
    paths: {
      '/v1/captions': {
        post: {
          operationId: 'captionPhoto',
          tags: ['captions'],
          summary: 'Writes a caption for a photo.',
          description: 'Needs the scope caption. Nothing of the photo is kept unless `store` is true.',
          requestParams: {
            header: z.object({ 'Idempotency-Key': idempotencyKeySchema }),
            // Options of a photo that is the body itself.
            query: z.object(optionsSchema.shape).partial(),
          },
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: captionRequestSchema },
              'multipart/form-data': { schema: z.object({ [FILE_FIELD]: BINARY, ...optionsSchema.shape }) },
              'image/*': { schema: BINARY },
              'application/octet-stream': { schema: BINARY },
            },
          },
          responses: {
            200: { description: 'The caption.', content: { 'application/json': { schema: captionAnswerSchema } } },
            ...problems(400, 401, 403, 409, 413, 415, 422, 429, 500, 502, 503, 507),
          },
        },
      },
      '/v1/alt/{name}': {
        get: {
          operationId: 'altText',
          tags: ['captions'],
          summary: 'Reads the alternative text of a photo of the collection.',
          description: 'Needs the scope read. Reading writes nothing.',
          requestParams: {
            path: z.object({ name: z.string().meta({ description: 'The SHA-256 of the photo, or its external id.' }) }),
            header: z.object({ 'If-None-Match': z.string().optional().meta({ description: 'The ETag of a copy.' }) }),
          },
          responses: {
            200: {
              description: 'The text, or null while there is none.',
              headers: z.object({ ETag: z.string() }),
              content: { 'application/json': { schema: altAnswerSchema } },
            },
            304: { description: 'The copy with this ETag holds.' },
            ...problems(401, 403, 404, 429, 500, 503),
          },
        },
      },
    },
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'ekphrasis keys create' } } },
  });
}
