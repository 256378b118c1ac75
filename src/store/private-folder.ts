/** The folder of the embedded database: what PGlite makes in it is its owner's alone. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { entriesBelow } from '../files/entries-below.js';

type Chmod = (path: unknown, mode: number, ...rest: unknown[]) => void;
type Started = Awaited<ReturnType<NodeFS['init']>>;

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** PGlite gives every file that it makes the rights 0666, whatever the process's umask says. */
export class PrivateFolder extends NodeFS {
  override async init(...[pglite, options]: Parameters<NodeFS['init']>): Promise<Started> {
    const { emscriptenOpts } = await super.init(pglite, options);
    const close: NonNullable<typeof emscriptenOpts.preRun>[number] = ({ FS: files }) => {
      const { chmod: chmodAsAsked } = files as { chmod: Chmod };
      const chmodForOwner: Chmod = function (this: unknown, path, mode, ...rest) {
        chmodAsAsked.call(this, path, mode & FOLDER_MODE, ...rest);
      };
      Object.assign(files, { chmod: chmodForOwner });
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), close] } };
  }
}

/**
 * Takes everybody else's rights from a folder and all that is in it, as earlier versions left them. Where it is
 * another's, or the file system knows no such rights, it stays as it is.
 */
export async function closeToOthers(folder: string): Promise<void> {
  try {
    await chmod(folder, FOLDER_MODE);
    for await (const entry of entriesBelow(folder)) {
      if (entry.isSymbolicLink()) continue;
      await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? FOLDER_MODE : FILE_MODE);
    }
  } catch {
    // The owner of the folder decides on it.
  }
}
