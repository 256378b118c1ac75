/** Photos that come with a GraphQL multipart request. */
import { readFile } from 'node:fs/promises';
import { Semaphore } from 'async-mutex';
import { GraphQLError, GraphQLScalarType } from 'graphql';
import type { Photo } from '../../collection/context.js';
import { toPhotoName } from '../../collection/photo-name.js';
import { tooLarge } from './errors.js';

/** A file of a multipart request, which lies on the disk until the request is answered. */
export class UploadedFile {
  /**
   * @param name as the client gave it
   * @param size in bytes, of which no more came than are read, and one
   */
  constructor(
    readonly name: string | undefined,
    readonly path: string,
    readonly size: number,
  ) {}
}

export const Upload = new GraphQLScalarType<UploadedFile, never>({
  name: 'Upload',
  description: 'A file of a multipart request (https://github.com/jaydenseric/graphql-multipart-request-spec).',
  parseValue(value) {
    if (value instanceof UploadedFile) return value;
    throw new GraphQLError('Upload value invalid.');
  },
  parseLiteral() {
    throw new GraphQLError('Upload value invalid.');
  },
  serialize() {
    throw new GraphQLError('Upload value invalid.');
  },
});

/** Bytes of photos in memory at a time. What becomes of them, in pixels and in the database, is several times as much. */
const BYTES_AT_ONCE = 16 * 2 ** 20;
/** So many at a time however small they are. */
const PHOTOS_AT_ONCE = 4;

/** Reads photos into memory as there is room for them, in the order of their coming; the others wait on the disk. */
export class UploadReader {
  private readonly room: Semaphore;
  private readonly all: number;

  /** @param maximumBytes of a photo that is read: a larger one does not wait, as it is refused */
  constructor(private readonly maximumBytes: number) {
    this.all = Math.max(BYTES_AT_ONCE, maximumBytes);
    this.room = new Semaphore(this.all);
  }

  /**
   * @returns what `use` returns, which has the photo for as long as it runs
   * @throws IMAGE_TOO_LARGE for more bytes than are read; BAD_USER_INPUT for a name that cannot be kept
   */
  async read<T>({ name: given, path, size }: UploadedFile, use: (photo: Photo) => Promise<T>): Promise<T> {
    const name = toPhotoName(given);
    if (size > this.maximumBytes) throw tooLarge(this.maximumBytes);
    return this.inTurn(size, async () => use({ bytes: await readFile(path), name }));
  }

  /** Does what takes so many bytes of memory as soon as there is room for them. */
  inTurn<T>(bytes: number, action: () => Promise<T>): Promise<T> {
    const share = Math.max(bytes, Math.floor(BYTES_AT_ONCE / PHOTOS_AT_ONCE));
    return this.room.runExclusive(action, Math.min(share, this.all));
  }
}
