/** Which files of a folder are photos: by their extensions, and by what is in them where those say nothing. */
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileFormat, PHOTO_EXTENSIONS } from '../vision/file-format.js';
import type { FolderFile } from './folder.js';
import { amount, type ProblemList } from './problems.js';

/** Of formats that are read. A file that is something else all the same is named when it is imported. */
const READ_EXTENSIONS: ReadonlySet<string> = new Set(PHOTO_EXTENSIONS.map((extension) => `.${extension}`));
/** Those of pictures that are not read, for files whose beginnings do not say it. */
const OTHER_PICTURES = new Set(['.bmp', '.jxl', '.jp2', '.j2k', '.jpx', '.svg', '.psd']);
/** Extensions of text: not looked into for pictures. */
const TEXT_EXTENSIONS = new Set(['.txt', '.json', '.jsonl', '.ndjson', '.csv', '.tsv', '.token', '.caption', '.md']);
/** So many bytes tell every type apart. */
const HEAD = 4100;

export function hasPhotoExtension(name: string): boolean {
  return READ_EXTENSIONS.has(extname(name).toLowerCase()) || OTHER_PICTURES.has(extname(name).toLowerCase());
}

export function hasTextExtension(name: string): boolean {
  return TEXT_EXTENSIONS.has(extname(name).toLowerCase());
}

export interface SortedFiles {
  readonly photos: readonly FolderFile[];
  /** Files that may be text. */
  readonly others: readonly FolderFile[];
}

/** Pictures in formats that are not read are named as problems. */
export async function sortFiles(files: readonly FolderFile[], problems: ProblemList): Promise<SortedFiles> {
  const photos: FolderFile[] = [];
  const others: FolderFile[] = [];
  for (const file of files) {
    const kind = await kindOf(file);
    if (kind === 'photo') photos.push(file);
    else if (kind === 'other') others.push(file);
    else if (kind !== undefined) {
      const sentence = (count: number) =>
        `${amount(count, 'picture is', 'pictures are')} in a format that is not supported (convert to JPEG or PNG)`;
      problems.add('unsupported format', sentence, `${file.path} (${kind})`);
    }
  }
  return { photos, others };
}

/** `photo`, `other`, the name of a format that is not read, or undefined for films, archives and the like. */
async function kindOf({ name, location }: FolderFile): Promise<string | undefined> {
  const extension = extname(name).toLowerCase();
  if (READ_EXTENSIONS.has(extension)) return 'photo';
  if (hasTextExtension(name)) return 'other';
  const head = await readHead(location);
  if (beginsAsText(head)) return 'other';
  const found = await fileFormat(head);
  if (found?.kind === 'readable' || found?.kind === 'raw') return 'photo';
  if (found?.kind === 'picture') return found.name;
  if (OTHER_PICTURES.has(extension)) return extension.slice(1).toUpperCase();
  return found ? undefined : 'other';
}

/** Whether a byte order mark of UTF-8 or UTF-16 is first: the library takes the latter for sound. */
function beginsAsText([first, second, third]: Uint8Array): boolean {
  return (
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff) ||
    (first === 0xef && second === 0xbb && third === 0xbf)
  );
}

/** The first bytes of a file; none where it cannot be read. */
export async function readHead(location: Buffer, length = HEAD): Promise<Uint8Array> {
  const file = await open(location).catch(() => undefined);
  try {
    const read = await file?.read(new Uint8Array(length), 0, length, 0);
    return read ? read.buffer.subarray(0, read.bytesRead) : new Uint8Array();
  } catch {
    return new Uint8Array();
  } finally {
    await file?.close();
  }
}
