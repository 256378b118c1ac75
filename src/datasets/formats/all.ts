/** Every format of captions that is read. */
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { Reader } from '../reader.js';
import { beside } from './beside.js';
import { coco } from './coco.js';
import { flickr30k, flickr8k } from './flickr.js';
import { karpathy } from './karpathy.js';
import { imageFolder, kaggle, table } from './tables.js';

/** In the order in which one is taken where a folder has several; the others are told. */
export const READERS: readonly Reader[] = [flickr8k, flickr30k, kaggle, coco, karpathy, imageFolder, table, beside];

/** Photos alone. */
export const FOLDER = 'folder';

/** What `--format` may be. */
export const FORMATS: readonly string[] = [...READERS.map(({ id }) => id), FOLDER];

/** @throws EkphrasisError BAD_USER_INPUT for a format that there is not */
export function checkFormat(format: string | undefined): string | undefined {
  if (format === undefined || FORMATS.includes(format)) return format;
  throw new EkphrasisError(ErrorCode.BadInput, `There is no format ${format}: there are ${FORMATS.join(', ')}.`);
}
