/** Photos that come with a GraphQL multipart request. */
import type { FileUpload } from 'graphql-upload/GraphQLUpload.mjs';
import type { Photo } from '../collection/context.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { isHttpError, tooLarge } from './errors.js';

/** Files of one request. */
export const MAXIMUM_FILES = 4;

/** Longest name of a photo that is kept, in characters. */
const LONGEST_NAME = 255;

/**
 * Reads an uploaded photo.
 *
 * @throws IMAGE_TOO_LARGE for more than `maximumBytes`; BAD_USER_INPUT when the file does not come or not whole
 */
export async function readUpload(upload: Promise<FileUpload>, maximumBytes: number): Promise<Photo> {
  try {
    const { filename, createReadStream } = await upload;
    const chunks: Uint8Array[] = [];
    for await (const chunk of createReadStream() as AsyncIterable<Uint8Array>) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks), name: toName(filename) };
  } catch (error) {
    if (!isHttpError(error)) throw error;
    if (error.status === 413) throw tooLarge(maximumBytes);
    throw new EkphrasisError(ErrorCode.BadInput, `The photo did not arrive: ${error.message}`, { cause: error });
  }
}

/** A file's name as it can be kept and shown. */
function toName(filename: string): string {
  const name = filename.replaceAll(/[\p{Cc}\p{Cs}]/gu, '').trim().slice(0, LONGEST_NAME);
  return name === '' ? 'photo' : name;
}
