/** What a request for a caption asks for: as JSON, as a form, or the photo itself with options in the query. */
import type { Request } from 'express';
import type { z } from 'zod';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { RequestError } from '../server/errors.js';
import { parseForm } from './parse-form.js';
import { photoOfBase64 } from './photo-source.js';
import { type CaptionOptions, captionRequestSchema, describeIssues, optionsSchema } from './schemas.js';
import type { Wish } from './with-photo.js';

/** The field of a form that has the photo. */
export const FILE_FIELD = 'file';
/** Types of a body that is the photo itself. */
const RAW = ['image/*', 'application/octet-stream'];
const FORM = 'multipart/form-data';

/** Before anything is received. @throws RequestError UNSUPPORTED_MEDIA_TYPE */
export function checkMediaType(request: Request): void {
  if (request.is(['application/json', FORM, ...RAW]) !== false) return;
  const message =
    `Send the photo as application/json ({"base64": "…"} or {"url": "…"}), as a form (${FORM}, its field ${FILE_FIELD}) ` +
    'or itself (image/jpeg, application/octet-stream).';
  throw new RequestError(415, 'UNSUPPORTED_MEDIA_TYPE', message);
}

/** @throws BAD_USER_INPUT; RequestError BAD_REQUEST, BAD_MULTIPART */
export async function readCaptionRequest(request: Request, body: Buffer): Promise<Wish<CaptionOptions>> {
  if (request.is('application/json') !== false) return readJson(body);
  if (request.is(FORM) !== false) return readForm(body, request.get('content-type') ?? '');
  const wanted = checked(optionsSchema, typed(Object.entries(request.query)));
  return { source: { bytes: body, name: wanted.name }, wanted };
}

function readJson(body: Buffer): Wish<CaptionOptions> {
  const { url, base64, ...wanted } = checked(captionRequestSchema, parseJson(body));
  const { name } = wanted;
  return { source: url === undefined ? { bytes: photoOfBase64(base64 ?? ''), name } : { url, name }, wanted };
}

async function readForm(body: Buffer, contentType: string): Promise<Wish<CaptionOptions>> {
  const { files, fields } = await parseForm(body, contentType);
  const [file, ...others] = files;
  if (file?.field !== FILE_FIELD || others.length > 0) {
    const message = `The form has one file, in its field ${FILE_FIELD}: -F ${FILE_FIELD}=@photo.jpg.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
  const wanted = checked(optionsSchema, typed(fields));
  return { source: { bytes: file.bytes, name: wanted.name ?? file.name }, wanted };
}

/** @throws RequestError BAD_REQUEST */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RequestError(400, 'BAD_REQUEST', `The body is no JSON: ${reason}.`);
  }
}

/** @throws BAD_USER_INPUT that names every fault */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new EkphrasisError(ErrorCode.BadInput, describeIssues(parsed.error));
}

/** Options of a query or form, where everything is a text. */
function typed(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(
    entries.map(([name, text]) => {
      if (['store', 'words'].includes(name) && (text === 'true' || text === 'false')) return [name, text === 'true'];
      if (name === 'candidates' && typeof text === 'string' && /^\d+$/.test(text)) return [name, Number(text)];
      return [name, text];
    }),
  );
}
