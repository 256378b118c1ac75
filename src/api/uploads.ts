/** Photos that come with a GraphQL multipart request. */
import { GraphQLScalarType } from 'graphql';
import GraphQLUpload, { type FileUpload } from 'graphql-upload/GraphQLUpload.mjs';
import type { Photo } from '../collection/context.js';
import { toPhotoName } from '../collection/photo-name.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { isHttpError, tooLarge } from './errors.js';

/** Files of one request. */
export const MAXIMUM_FILES = 4;

/**
 * Files of a multipart request. One that does not come, or whose part cannot be read, is told as a mistake of the request: its
 * parser has errors of several kinds, and resolvers are not called without it.
 */
export const Upload = new GraphQLScalarType<Promise<FileUpload>>({
  ...GraphQLUpload.toConfig(),
  parseValue(value) {
    const file = GraphQLUpload.parseValue(value).catch((error: unknown) => {
      throw notArrived(error);
    });
    // Nobody awaits it where the operation is refused for another reason.
    file.catch(() => undefined);
    return file;
  },
});

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
    throw notArrived(error);
  }
}

function notArrived(error: unknown): EkphrasisError {
  const reason = error instanceof Error ? error.message : String(error);
  return new EkphrasisError(ErrorCode.BadInput, `The photo did not arrive: ${reason}`, { cause: error });
}
