import { systemCode } from '../files/storage-failure.js';

/** Whether an error says that there is no such file. */
export function isGone(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}
