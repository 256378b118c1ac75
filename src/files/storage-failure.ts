/** Failures of the disk, told to a person. */
import { EkphrasisError, ErrorCode } from '../errors.js';

/** What the operating system calls an error, such as ENOSPC. */
export function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

/** PostgreSQL's code for a disk without room. */
const POSTGRES_DISK_FULL = '53100';

/** Whether an error, or one that it was caused by, is of a disk without room: the same succeeds when there is some. */
export function isDiskFull(error: unknown): boolean {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === POSTGRES_DISK_FULL) return true;
  return error instanceof Error && error.cause !== undefined && isDiskFull(error.cause);
}

/** STORAGE_FAILED for a path that could not be written. */
export function storageFailure(path: string, cause: unknown): EkphrasisError {
  const code = systemCode(cause);
  const reason = isDiskFull(cause)
    ? 'the disk is full: make room and try again'
    : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? 'it may not be written: change its permissions, or set EKPHRASIS_DATA to another folder'
      : code === 'EEXIST' || code === 'ENOTDIR'
        ? 'a file stands where a folder is needed'
        : (code ?? 'the file system refused');
  return new EkphrasisError(ErrorCode.StorageFailed, `${path} cannot be written: ${reason}.`, { cause });
}
