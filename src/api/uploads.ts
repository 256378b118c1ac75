/** Photos that come with a GraphQL multipart request. */
import type { FileUpload } from 'graphql-upload/GraphQLUpload.mjs';
import type { Photo } from '../collection/context.js';
import { toPhotoName } from '../collection/photo-name.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { isHttpError, tooLarge } from './errors.js';

/** Files of one request. */
export const MAXIMUM_FILES = 4;

/**
 * Reads an uploaded photo.
 *
 * @throws IMAGE_TOO_LARGE for more than `maximumBytes`; BAD_USER_INPUT when the file does not come or not whole,
 *   and for a name that cannot be kept
 */
export async function readUpload(upload: Promise<FileUpload>, maximumBytes: number): Promise<Photo> {
  try {
    const { filename, createReadStream } = await upload;
    // Known before the file comes.
    const name = toPhotoName(filename);
    const chunks: Uint8Array[] = [];
    for await (const chunk of createReadStream() as AsyncIterable<Uint8Array>) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks), name };
  } catch (error) {
    if (!isHttpError(error)) throw error;
    if (error.status === 413) throw tooLarge(maximumBytes);
    throw new EkphrasisError(ErrorCode.BadInput, `The photo did not arrive: ${error.message}`, { cause: error });
  }
}
