/** Failures of the disk, told to a person. */
import { EkphrasisError, ErrorCode } from '../errors.js';

/** What the operating system calls an error, such as ENOSPC. */
export function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

/** STORAGE_FAILED for a path that could not be written. */
export function storageFailure(path: string, cause: unknown): EkphrasisError {
  const code = systemCode(cause);
  const reason =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'the disk is full: make room and try again'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'it may not be written: change its permissions, or set EKPHRASIS_DATA to another folder'
        : code === 'EEXIST' || code === 'ENOTDIR'
          ? 'a file stands where a folder is needed'
          : (code ?? 'the file system refused');
  return new EkphrasisError(ErrorCode.StorageFailed, `${path} cannot be written: ${reason}.`, { cause });
}
