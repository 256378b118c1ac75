/** The `.xmp` files beside photos. */
import { extname } from 'node:path';

/**
 * Where a photo's sidecars may lie, in whatever case, what holds before others first: `photo.jpg.xmp`, as darktable and
 * digiKam call it, then `photo.xmp`, as Adobe's programs do.
 */
export function sidecarPaths(photo: string): readonly [string, string] {
  return [`${photo}.xmp`, `${photo.slice(0, photo.length - extname(photo).length)}.xmp`];
}

export function isSidecar(name: string): boolean {
  return extname(name).toLowerCase() === '.xmp';
}
