/** A form with a photo (multipart/form-data), once it is there whole. */
import busboy from 'busboy';
import { MultipartError } from '../server/errors.js';

interface Form {
  readonly files: readonly { readonly field: string; readonly name: string | undefined; readonly bytes: Buffer }[];
  /** Names and values, in their order. */
  readonly fields: readonly (readonly [string, string])[];
}

/** Fields that a form may have; there are not so many. */
const MAXIMUM_FIELDS = 32;

/** @param contentType with the boundary @throws MultipartError */
export function parseForm(body: Buffer, contentType: string): Promise<Form> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      reject(new MultipartError(`The form cannot be read: ${reason}.`));
    };
    try {
      const limits = { fields: MAXIMUM_FIELDS, files: MAXIMUM_FIELDS };
      const parser = busboy({ headers: { 'content-type': contentType }, defParamCharset: 'utf8', limits });
      const files: Form['files'][number][] = [];
      const fields: [string, string][] = [];
      parser.on('field', (name, value) => {
        fields.push([name, value]);
      });
      parser.on('file', (field, stream, { filename }) => {
        const pieces: Buffer[] = [];
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        // What it fails with is told by the parser itself.
        stream.on('error', () => undefined);
        stream.on('end', () => files.push({ field, name: filename, bytes: Buffer.concat(pieces) }));
      });
      parser.once('fieldsLimit', () => {
        fail(new Error('it has too many fields'));
      });
      parser.on('error', fail);
      parser.once('close', () => {
        resolve({ files, fields });
      });
      parser.end(body);
    } catch (error) {
      fail(error);
    }
  });
}
