/**
 * Captions written back: into `.xmp` files beside photos, or into the photos. Never over a person's words, never over
 * what another program wrote meanwhile; a photo is whole at every moment.
 */
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { fileState, type FileState, partialBeside, replaceFile } from '../files/replace-file.js';
import { sha256Of } from '../files/sha256.js';
import { isDiskFull, systemCode } from '../files/storage-failure.js';
import type { DatasetId, ImageId, LibraryId } from '../ids.js';
import { openEmbedder, type XmpEmbedder } from '../metadata/embed-xmp.js';
import type { WrittenField } from '../metadata/marks.js';
import { readInThread, readPacket } from '../metadata/read-metadata.js';
import { sidecarPaths } from '../metadata/sidecars.js';
import { type CaptionWish, mergeCaption, saysCaption } from '../metadata/write-xmp.js';
import type { ImageRecord } from '../store/images.js';
import { under } from '../store/locks.js';
import type { Store } from '../store/store.js';
import { type CaptionChoice, captionsToWrite, type CaptionToWrite } from './caption-to-write.js';
import type { CollectionContext } from './context.js';
import { freePath } from './free-path.js';
import { photoPlaces, sidecarsThere } from './photo-file.js';
import { isBelow } from '../files/is-below.js';

export interface XmpExport extends CaptionChoice {
  /** Into `.xmp` files, or into the photos. */
  readonly into: 'sidecar' | 'photo';
  readonly field: WrittenField;
  /** Only photos of this data set. Default: all. */
  readonly dataset?: DatasetId | undefined;
  /** Only photos of this library. Default: all. */
  readonly library?: LibraryId | undefined;
  /** Writes below this folder, sidecars or copies of photos, and leaves the photos' own folders alone. */
  readonly to?: string | undefined;
  /** Photos that do not lie in this folder, by way of links as well, have no file. Default: all may be written. */
  readonly within?: string | undefined;
  /** Says what would be written, and writes nothing. */
  readonly dryRun: boolean;
}

/** Photos by what became of them. */
export interface XmpExportReport {
  /** With `dryRun`, what would be written. */
  readonly written: number;
  /** The file says it already. */
  readonly same: number;
  /** The file has other words of a person. */
  readonly kept: number;
  /** Somebody removed from the file what had been written there. */
  readonly removed: number;
  /** There is no such caption. */
  readonly uncaptioned: number;
  /** The photo has no file: an upload, a drawn scene, or its folder is not there. */
  readonly noFile: number;
  /** The file there is another photo now, or another program was writing it. */
  readonly changed: number;
  /** Each of them is named in `problems`. */
  readonly failed: number;
  /** Sentences that name the file. */
  readonly problems: readonly string[];
}

type Outcome = Exclude<keyof XmpExportReport, 'problems'>;

export type XmpExportContext = Pick<CollectionContext, 'limits'> & {
  readonly store: Pick<
    Store,
    'images' | 'captions' | 'models' | 'datasetPhotos' | 'libraryFiles' | 'fileMetadata' | 'locks'
  >;
};

interface Target {
  readonly image: ImageRecord;
  readonly caption: CaptionToWrite;
  /** The photo's own file; undefined where a copy is written elsewhere. */
  readonly photo: string | undefined;
  /** Where the photo, or the photo whose sidecar is written, lies or would lie. */
  readonly at: string;
}

/** Photos asked for at once. */
const PAGE = 100;
/** Folders that are named when they may not be written. */
const NAMED = 5;

/**
 * @param onProgress told of photos done and photos in all
 * @throws EkphrasisError STORAGE_FAILED where a folder may not be written, before anything is; BAD_USER_INPUT where
 *   photos cannot be changed, for there is no ExifTool
 */
export async function exportXmp(
  wish: XmpExport,
  context: XmpExportContext,
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<XmpExportReport> {
  // Two at once would write the same files.
  return under(context.store.locks.alone('export-xmp'), async () => {
    await checkFolders(wish, context, signal);
    const embedder = wish.into === 'photo' ? await openEmbedder() : undefined;
    try {
      return await new Run(wish, context, embedder).all(onProgress, signal);
    } finally {
      await embedder?.close();
    }
  });
}

class Run {
  private readonly counts: Record<Outcome, number> = {
    written: 0,
    same: 0,
    kept: 0,
    removed: 0,
    uncaptioned: 0,
    noFile: 0,
    changed: 0,
    failed: 0,
  };
  private readonly problems: string[] = [];

  constructor(
    private readonly wish: XmpExport,
    private readonly context: XmpExportContext,
    private readonly embedder: XmpEmbedder | undefined,
  ) {}

  async all(
    onProgress: ((done: number, total: number) => void) | undefined,
    signal: AbortSignal | undefined,
  ): Promise<XmpExportReport> {
    const { images } = this.context.store;
    const { count: total } = await images.count({ dataset: this.wish.dataset });
    let done = 0;
    for await (const page of targets(this.wish, this.context)) {
      this.counts.uncaptioned += page.uncaptioned;
      this.counts.noFile += page.noFile;
      for (const target of page.targets) {
        signal?.throwIfAborted();
        this.counts[await this.write(target)] += 1;
      }
      done += page.photos;
      onProgress?.(done, total);
    }
    return { ...this.counts, problems: this.problems };
  }

  private async write(target: Target): Promise<Outcome> {
    try {
      const photo = await this.readPhoto(target);
      if (typeof photo === 'string') return photo;
      return this.wish.into === 'photo' ? await this.embed(target, photo) : await this.writeSidecar(target, photo);
    } catch (error) {
      const reason = error instanceof EkphrasisError ? error.message : ownReason(error);
      if (reason === undefined) throw error;
      const { within } = this.wish;
      this.problems.push(`${within === undefined ? target.at : relative(within, target.at)}: ${reason}`);
      return 'failed';
    }
  }

  /** The photo as it lies there, if it still is that photo. */
  private async readPhoto({ image, photo }: Target): Promise<OpenPhoto | 'noFile' | 'changed'> {
    const { images, fileMetadata } = this.context.store;
    if (photo === undefined) {
      const bytes = await images.readBytes(image.id);
      return bytes ? { bytes, path: undefined, state: undefined } : 'noFile';
    }
    const path = await realpath(photo).catch(() => undefined);
    const state = path === undefined ? undefined : await fileState(path);
    if (path === undefined || !state) return 'noFile';
    if (state.size > this.context.limits.maximumBytes) return 'changed';
    const bytes = await readFile(path);
    const sha256 = sha256Of(bytes);
    if (sha256 !== image.sha256 && !(await fileMetadata.wasWritten(path, sha256))) return 'changed';
    return { bytes, path, state };
  }

  private async writeSidecar({ image, caption, at }: Target, photo: OpenPhoto): Promise<Outcome> {
    const there = await sidecarsThere({ path: at });
    for (const sidecar of there)
      if (!(await liesWithin(sidecar, this.wish.within)))
        throw new EkphrasisError(ErrorCode.BadInput, 'Its .xmp file is a link that leads out of the allowed folder.');
    const [first, ...others] = await Promise.all(there.map((sidecar) => realpath(sidecar)));
    const path = first ?? sidecarPaths(at)[0];
    await rm(partialBeside(path), { force: true });
    const before = await fileState(path);
    const packet = before && (await readFile(path));
    const elsewhere = await this.captionsOf(photo.bytes, await readPacket(photo.bytes), others);
    const wish = { ...caption, field: this.wish.field };
    const merged = mergeCaption(packet, wish, elsewhere);
    if (merged.outcome !== 'written' || this.wish.dryRun) return merged.outcome;
    const like = before ?? photo.state ?? NEW_FILE;
    return this.replace(image.id, path, { bytes: merged.packet, before, like, wish, embedded: false });
  }

  private async embed({ image, caption, at }: Target, photo: OpenPhoto): Promise<Outcome> {
    const path = photo.path ?? at;
    await rm(partialBeside(path), { force: true });
    const packet = await readPacket(photo.bytes);
    const elsewhere = await this.captionsOf(photo.bytes, undefined, await sidecarsThere({ path: at }));
    const wish = { ...caption, field: this.wish.field };
    if (packet && Buffer.from(packet).includes('HasExtendedXMP'))
      throw new EkphrasisError(
        ErrorCode.BadInput,
        'Its XMP is in several pieces, which are left as they are: use --sidecar.',
      );
    const merged = mergeCaption(packet, wish, elsewhere);
    if (merged.outcome !== 'written' || this.wish.dryRun) return merged.outcome;
    if (!this.embedder) throw new RangeError('photos are changed by an embedder');
    const bytes = await this.embedder.embed(photo.bytes, path, merged.packet);
    const before = photo.state ?? (await fileState(path));
    return this.replace(image.id, path, { bytes, before, like: before ?? NEW_FILE, wish, embedded: true });
  }

  private async replace(
    imageId: ImageId,
    path: string,
    file: {
      readonly bytes: Uint8Array;
      readonly before: FileState | undefined;
      readonly like: FileState;
      readonly wish: CaptionWish;
      readonly embedded: boolean;
    },
  ): Promise<Outcome> {
    const { bytes, before, like, wish, embedded } = file;
    await mkdir(dirname(path), { recursive: true });
    const replaced = await replaceFile(path, {
      bytes,
      before,
      like,
      keepTime: embedded,
      check: async (readBack) => {
        const packet = embedded ? await readPacket(readBack) : readBack;
        if (!packet || !saysCaption(packet, wish))
          throw new EkphrasisError(ErrorCode.BadInput, 'What was written does not read back: it is left as it was.');
        // First: a photo that is there with its caption is known as that photo, whatever ends this process.
        await this.context.store.fileMetadata.noteWritten(imageId, path, sha256Of(readBack), embedded);
      },
    });
    return replaced ? 'written' : 'changed';
  }

  /** What a photo says in other places than the one that is written. */
  private async captionsOf(photo: Uint8Array, packet: Uint8Array | undefined, sidecars: readonly string[]) {
    const beside = await Promise.all(sidecars.map((sidecar) => readFile(sidecar)));
    const { metadata, problems } = await readInThread({ photo, packet, sidecars: beside, withModels: true });
    const [problem] = problems;
    if (problem !== undefined)
      throw new EkphrasisError(ErrorCode.BadInput, `Nobody could tell what it says already. ${problem}`);
    return metadata.captions;
  }
}

interface OpenPhoto {
  readonly bytes: Uint8Array;
  /** Where it lies in truth; undefined where a copy is written elsewhere. */
  readonly path: string | undefined;
  readonly state: FileState | undefined;
}

/** Where there is no photo whose rights a file could get. */
const NEW_FILE: FileState = {
  size: 0,
  mtimeNs: 0n,
  inode: 0n,
  mode: 0o644,
  // Whoever writes it.
  uid: -1,
  gid: -1,
  accessed: new Date(0),
  modified: new Date(0),
};

/** Photos to write for, a page at a time, with how many have no caption and how many no file. */
async function* targets(
  { dataset, library, to, into, within, ...choice }: XmpExport,
  { store }: XmpExportContext,
): AsyncGenerator<{ photos: number; uncaptioned: number; noFile: number; targets: Target[] }> {
  const taken = new Set<string>();
  for await (const ids of store.fileMetadata.pages(PAGE, { dataset, library })) {
    const [images, captions, places] = await Promise.all([
      store.images.findMany(ids),
      captionsToWrite(ids, choice, store),
      photoPlaces(ids, store),
    ]);
    const page = { photos: ids.length, uncaptioned: 0, noFile: 0, targets: [] as Target[] };
    for (const image of images) {
      const caption = captions.get(image.id);
      const own = places.get(image.id) ?? [];
      if (!caption) page.uncaptioned += 1;
      else if (to !== undefined) {
        const at = freePath(to, own[0]?.name ?? image.name, taken);
        const copied = into === 'photo' && (await fileState(at)) !== undefined;
        page.targets.push({ image, caption, photo: copied ? at : undefined, at });
      } else {
        const there = await firstThere(
          own.map(({ path }) => path),
          within,
        );
        if (there === undefined) page.noFile += 1;
        else page.targets.push({ image, caption, photo: there, at: there });
      }
    }
    yield page;
  }
}

async function firstThere(paths: readonly string[], within: string | undefined): Promise<string | undefined> {
  for (const path of paths)
    if ((await fileState(path)) && (await liesWithin(path, within)) && (await liesWithin(dirname(path), within)))
      return path;
  return undefined;
}

/** Whether a file or folder lies there by way of links, too. */
async function liesWithin(path: string, folder: string | undefined): Promise<boolean> {
  if (folder === undefined) return true;
  const [real, root] = await Promise.all([path, folder].map((name) => realpath(name).catch(() => undefined)));
  return real !== undefined && root !== undefined && isBelow(real, root);
}

/** @throws EkphrasisError STORAGE_FAILED that names folders which may not be written */
async function checkFolders(
  wish: XmpExport,
  context: XmpExportContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (wish.dryRun) return;
  const folders = new Set<string>();
  if (wish.to === undefined) {
    for await (const page of targets(wish, context)) {
      signal?.throwIfAborted();
      for (const { at } of page.targets) folders.add(dirname(wish.into === 'photo' ? await realpath(at) : at));
    }
  } else {
    await mkdir(wish.to, { recursive: true }).catch(() => undefined);
    folders.add(wish.to);
  }
  const refused: string[] = [];
  for (const folder of folders) if (!(await canBeWritten(folder))) refused.push(folder);
  if (refused.length === 0) return;
  const more = refused.length > NAMED ? ` and ${refused.length - NAMED} more` : '';
  const message = `Nothing was written, for these folders may not be written: ${refused.slice(0, NAMED).join(', ')}${more}. Change their rights, or write elsewhere: --to DIR.`;
  throw new EkphrasisError(ErrorCode.StorageFailed, message);
}

/** Tried, because network disks say of some folders that they may be written and refuse it then. */
async function canBeWritten(folder: string): Promise<boolean> {
  const probe = partialBeside(join(folder, 'probe'));
  try {
    await writeFile(probe, '');
    await rm(probe);
    return true;
  } catch {
    return false;
  }
}

/** What the file system says of one file; undefined for what is no trouble of the file. */
function ownReason(error: unknown): string | undefined {
  const code = systemCode(error);
  return code === undefined || isDiskFull(error) ? undefined : `It cannot be read or written (${code}).`;
}
