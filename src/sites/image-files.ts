/** Which photos the images of a page may be: by the bytes of the files that it names, never by their names. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { sha256Of } from '../files/sha256.js';
import type { Sha256 } from '../ids.js';

export interface PageFolder {
  /** The page's file. */
  readonly page: string;
  /** What an address that begins with `/` begins with. */
  readonly root: string;
  /** Of `<base href>`. */
  readonly base: string | undefined;
}

/** Of one address. */
export type ImageFile =
  | { readonly kind: 'bytes'; readonly sha256: Sha256 }
  /** On another server: it is not asked for. */
  | { readonly kind: 'remote' }
  | { readonly kind: 'none' };

/** Reads each file once. */
export class ImageFiles {
  private readonly known = new Map<string, Promise<Sha256 | undefined>>();

  async find(address: string, folder: PageFolder): Promise<ImageFile> {
    const said = /(?:^|\/)(?:images|alt)\/([0-9a-f]{64})(?=[/?#.]|$)/.exec(address)?.[1];
    if (said !== undefined) return { kind: 'bytes', sha256: said as Sha256 };
    const inline = /^data:image\/[^,]*;base64,(.+)$/isu.exec(address)?.[1];
    if (inline !== undefined) return { kind: 'bytes', sha256: sha256Of(Buffer.from(inline, 'base64')) };
    const path = pathOf(address, folder);
    if (path === undefined) return { kind: 'remote' };
    let reading = this.known.get(path);
    if (!reading) {
      reading = sha256OfFile(path);
      this.known.set(path, reading);
    }
    const sha256 = await reading;
    return sha256 === undefined ? { kind: 'none' } : { kind: 'bytes', sha256 };
  }
}

/** @returns undefined where it is on another server */
function pathOf(address: string, { page, root, base = '' }: PageFolder): string | undefined {
  if (isElsewhere(address) || isElsewhere(base)) return undefined;
  const path = decoded(address);
  if (path.startsWith('/')) return join(root, path);
  const folder = decoded(base).replace(/[^/]*$/u, '');
  return resolve(folder.startsWith('/') ? join(root, folder) : resolve(dirname(page), folder), path);
}

function isElsewhere(address: string): boolean {
  return /^(?:[a-z][a-z\d+.-]*:|\/\/|\\\\)/i.test(address);
}

/** Without what a server is told, and with what stands for other characters. */
function decoded(address: string): string {
  const path = address.replace(/[?#].*$/su, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** @returns undefined where there is no such file, or it cannot be read */
async function sha256OfFile(path: string): Promise<Sha256 | undefined> {
  try {
    if (path.includes('\0') || !(await stat(path)).isFile()) return undefined;
    const hash = createHash('sha256');
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
    return hash.digest('hex') as Sha256;
  } catch {
    return undefined;
  }
}
