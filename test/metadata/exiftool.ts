/** ExifTool of the development dependency, where there is Perl: it writes and reads files as others do. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);
const SCRIPT = join(dirname(resolve('exiftool-vendored.pl/package.json')), 'bin', 'exiftool');

export const hasPerl = (() => {
  try {
    execFileSync('perl', ['-e', '1']);
    return true;
  } catch {
    return false;
  }
})();

/** @returns what it prints, as it prints it */
export function exiftool(...parameters: string[]): string {
  return execFileSync('perl', [SCRIPT, ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
