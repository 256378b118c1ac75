/**
 * GraphQL multipart requests (https://github.com/jaydenseric/graphql-multipart-request-spec), received whole before
 * anything is done: the files lie on the disk until the answer is sent, so that a request that breaks off, or says two
 * things at once, does nothing and leaves nothing.
 */
import busboy from 'busboy';
import type { Request, RequestHandler } from 'express';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FreeSpace } from '../../files/free-space.js';
import { MultipartError, RequestError } from './errors.js';
import { setAt } from './multipart-map.js';
import { UploadedFile } from './uploads.js';
import { uploadPath, writeUpload } from './write-upload.js';

export interface UploadLimits {
  /** Folder of the files, made when the first comes. */
  readonly folder: string;
  /** Of the disk on which it lies: asked before anything is written. */
  readonly space: FreeSpace;
  /** Of one file, in bytes; of a longer one nothing is kept. */
  readonly maximumBytes: number;
  /** Of one request. */
  readonly maximumFiles: number;
  /** Of `operations` and of `map`, in bytes. */
  readonly maximumField: number;
}

/** Whether a request comes with files. */
export function isUpload(request: Request): boolean {
  return typeof request.is('multipart/form-data') === 'string';
}

/** Form fields that a request may have beside the two that are read. */
const OTHER_FIELDS = 8;

/** Sets the operation of a multipart request as its body, with its files in their places; others go on untouched. */
export function receiveUploads(limits: UploadLimits): RequestHandler {
  return (request, response, next) => {
    if (!isUpload(request)) {
      next();
      return;
    }
    const reception = new Reception(limits);
    response.once('close', () => {
      void reception.removeFiles();
    });
    reception.receive(request).then(
      (operations) => {
        request.body = operations;
        next();
      },
      (error: unknown) => {
        // The rest is read and thrown away: clients that are still sending would not see the answer.
        request.unpipe();
        request.resume();
        if (!request.destroyed || request.readableEnded) next(error);
      },
    );
  };
}

/** One request. */
class Reception {
  private operations: object | undefined;
  /** Where each file belongs, by the name of its part. */
  private map: ReadonlyMap<string, readonly string[]> | undefined;
  private readonly files = new Map<string, Promise<UploadedFile>>();
  private readonly paths: string[] = [];

  constructor(private readonly limits: UploadLimits) {}

  /** @throws MultipartError, STORAGE_FAILED */
  async receive(request: IncomingMessage): Promise<object> {
    await this.parse(request);
    if (!this.operations) throw new MultipartError('The request has no field operations.');
    if (!this.map) throw new MultipartError('The request has no field map.');
    for (const [part, places] of this.map) {
      const file = await this.files.get(part);
      if (!file) throw didNotArrive(part);
      for (const place of places) setAt(this.operations, place, file);
    }
    return this.operations;
  }

  async removeFiles(): Promise<void> {
    await Promise.allSettled(this.files.values());
    await Promise.all(this.paths.map((path) => rm(path, { force: true }).catch(() => undefined)));
  }

  private parse(request: IncomingMessage): Promise<void> {
    const { maximumBytes, maximumFiles, maximumField } = this.limits;
    return new Promise((resolve, reject) => {
      const parser = parserOf(request, {
        fieldSize: maximumField,
        fields: 2 + OTHER_FIELDS,
        files: maximumFiles,
        // One byte more tells a file that is too long from one that is just as long as it may be.
        fileSize: maximumBytes + 1,
      });
      const fail = (error: unknown) => {
        parser.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      const attempt = (action: () => void) => {
        try {
          action();
        } catch (error) {
          fail(error);
        }
      };
      parser.on('field', (name, value, { valueTruncated }) => {
        attempt(() => {
          this.readField(name, value, valueTruncated);
        });
      });
      parser.on('file', (part, stream, { filename }) => {
        // What it fails with is told by the parser itself.
        stream.on('error', () => undefined);
        attempt(() => {
          this.readFile(part, stream, filename)?.catch(fail);
        });
      });
      parser.once('filesLimit', () => {
        fail(tooManyFiles(maximumFiles));
      });
      parser.once('fieldsLimit', () => {
        fail(new MultipartError('The request has too many fields.'));
      });
      parser.on('error', (error) => {
        fail(toMultipartError(error));
      });
      parser.once('close', () => {
        Promise.all(this.files.values()).then(() => {
          resolve();
        }, fail);
      });
      request.once('close', () => {
        if (!request.readableEnded) fail(new MultipartError('The client went away.'));
      });
      request.pipe(parser);
    });
  }

  private readField(name: string, value: string, isTruncated: boolean): void {
    if (name !== 'operations' && name !== 'map') return;
    if (isTruncated) throw tooLong(`The field ${name} has more than ${this.limits.maximumField} bytes.`);
    if (this[name] !== undefined) throw new MultipartError(`The field ${name} came twice.`);
    const json = parseJson(name, value);
    if (name === 'operations') {
      if (!isObject(json)) {
        throw new MultipartError('The field operations must be one operation: an object with query and variables.');
      }
      this.operations = json;
      return;
    }
    if (!this.operations) throw new MultipartError('The field map must follow the field operations.');
    this.map = readMap(json, this.limits.maximumFiles);
  }

  /** @returns what is to be waited for; nothing for a file that no operation wants */
  private readFile(part: string, stream: Readable, name: string | undefined): Promise<unknown> | undefined {
    if (!this.map) throw new MultipartError('Files must follow the field map.');
    if (!this.map.has(part)) {
      stream.resume();
      return undefined;
    }
    if (this.files.has(part)) throw new MultipartError(`The file of the part ${part} came twice.`);
    const file = this.write(stream, name);
    this.files.set(part, file);
    return file;
  }

  private async write(stream: Readable, name: string | undefined): Promise<UploadedFile> {
    const path = uploadPath(this.limits.folder);
    this.paths.push(path);
    const size = await writeUpload(stream, path, this.limits.space, 'The file did not come whole.');
    return new UploadedFile(name, path, size);
  }
}

function parserOf(request: IncomingMessage, limits: busboy.Limits): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, defParamCharset: 'utf8', limits });
  } catch (error) {
    throw toMultipartError(error);
  }
}

function toMultipartError(error: unknown): RequestError {
  const reason = error instanceof Error ? error.message : String(error);
  // The boundary that closes a form was not there, or came in the middle of a file.
  if (/^Unexpected end of (form|file)$/.test(reason)) {
    return new RequestError(
      400,
      'UPLOAD_INCOMPLETE',
      'The request ended before its files did: it has no closing boundary.',
    );
  }
  return new MultipartError(`The multipart request cannot be read: ${reason}.`);
}

function readMap(json: unknown, maximumFiles: number): ReadonlyMap<string, readonly string[]> {
  const entries = isObject(json) ? Object.entries(json as Record<string, unknown>) : [];
  const isMap = isObject(json) && entries.every(([, places]) => isListOfStrings(places));
  if (!isMap) throw new MultipartError('The field map must name, for each file, a list of places in operations.');
  if (entries.length > maximumFiles) throw tooManyFiles(maximumFiles);
  return new Map(entries as [string, string[]][]);
}

function parseJson(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MultipartError(`The field ${field} is not JSON.`);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function didNotArrive(part: string): RequestError {
  const message = `The file of the part ${part} did not arrive: the map names it, and the request has no such file.`;
  return new RequestError(400, 'UPLOAD_MISSING', message);
}

function tooManyFiles(maximumFiles: number): RequestError {
  return tooLong(`A request has at most ${maximumFiles} files. Send the others with another request.`);
}

function tooLong(message: string): RequestError {
  return new RequestError(413, 'REQUEST_TOO_LARGE', message);
}
