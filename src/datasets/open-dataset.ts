import { basename, resolve } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { isCocoFile, openCoco } from './coco.js';
import type { Dataset } from './dataset.js';
import { checkFolder, filesBelow, isPhotoName, joinPhotos } from './files.js';
import { KAGGLE_FILE, openFlickr8k, openKaggle, TOKEN_FILE } from './flickr8k.js';

/**
 * Opens a folder as the data set it is: Flickr8k's official layout, Kaggle's, COCO's, or plain photos without captions.
 *
 * @throws EkphrasisError INVALID_DATASET when there is no such folder, no photo in it, or its captions cannot be read
 */
export async function openDataset(path: string): Promise<Dataset> {
  await checkFolder(path);
  const folder = resolve(path);
  const files = await filesBelow(folder);
  if (!files.some(isPhotoName)) {
    throw new EkphrasisError(ErrorCode.InvalidDataset, `There is no photo in ${path} (looked for JPEG, PNG, WebP, GIF, TIFF, AVIF and BMP files).`);
  }
  const has = (name: string) => files.some((file) => basename(file) === name);
  if (has(TOKEN_FILE)) return openFlickr8k(folder, files);
  if (has(KAGGLE_FILE)) return openKaggle(folder, files);
  if (files.some(isCocoFile)) return openCoco(folder, files);
  return joinPhotos('folder', folder, files.filter(isPhotoName), { captions: new Map(), splits: new Map() }, []);
}
