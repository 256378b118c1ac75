/** Bodies of requests with photos: on the disk while they come, in memory one after another. */
import type { Request, Response } from 'express';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RequestError } from '../server/errors.js';
import { uploadPath, writeUpload } from '../server/write-upload.js';
import type { Workplace } from '../context.js';

/** What a body has beside the photo: fields, names, the messages of a chat. */
const BESIDE_THE_PHOTO = 256 * 1024;
/** Base64 has four letters for three bytes; line breaks, and escapes of JSON, come to little. */
const GROWTH = 4 / 3 + 0.05;

export interface ReceivedBody {
  /** In bytes. */
  readonly size: number;
  read(): Promise<Buffer>;
}

/**
 * Receives a body whole, into a file that goes when the answer is sent.
 *
 * @param response of the request
 * @throws RequestError REQUEST_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, BAD_MULTIPART where it breaks off; STORAGE_FAILED
 */
export async function receiveBody(
  request: Request,
  response: Response,
  { services: { config, store } }: Pick<Workplace, 'services'>,
): Promise<ReceivedBody> {
  const encoding = request.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity')
    throw new RequestError(415, 'UNSUPPORTED_MEDIA_TYPE', `A body is not read that is packed as ${encoding}.`);
  const longest = Math.ceil(config.limits.maximumBytes * GROWTH) + BESIDE_THE_PHOTO;
  if (Number(request.get('content-length') ?? 0) > longest) throw tooLarge(longest);
  const path = uploadPath(join(config.dataDirectory, 'uploads'));
  response.once('close', () => {
    void rm(path, { force: true }).catch(() => undefined);
  });
  const size = await writeUpload(upTo(longest, request), path, store.space, 'The request broke off.');
  return { size, read: () => readFile(path) };
}

/** What is too long is read to its end, as a client that is still sending would not see the answer. */
async function* upTo(longest: number, request: Request): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size <= longest) yield piece;
  }
  if (size > longest) throw tooLarge(longest);
}

function tooLarge(longest: number): RequestError {
  return new RequestError(413, 'REQUEST_TOO_LARGE', `A request has at most ${longest} bytes.`);
}
