/** A disk of a few megabytes, which only root can mount. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../../src/files/storage-failure.js';

export interface SmallDisk {
  readonly folder: string;
  /** Writes until nothing more goes onto the disk, or so many bytes, as another program may. */
  fill(bytes?: number): Promise<void>;
  /** Removes what `fill` wrote. */
  makeRoom(): Promise<void>;
  unmount(): Promise<void>;
}

export function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export async function mountSmallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  const filler = join(folder, 'filler');
  return {
    folder,
    async fill(bytes = Infinity) {
      const file = await open(filler, 'a');
      const piece = Buffer.alloc(2 ** 16, 1);
      try {
        for (let written = 0; written < bytes; written += piece.length) await file.writeFile(piece);
      } catch (error) {
        if (systemCode(error) !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
    },
    makeRoom: () => rm(filler, { force: true }),
    async unmount() {
      execFileSync('umount', [folder]);
      await rmdir(folder);
    },
  };
}
