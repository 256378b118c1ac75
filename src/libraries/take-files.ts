/** New and changed files of a library come into the collection: each is read once, seen and noted. */
import { captionStored } from '../collection/caption-stored.js';
import type { CollectionContext } from '../collection/context.js';
import { recordMetadata } from '../collection/record-metadata.js';
import { removeDerived } from '../collection/remove-dataset.js';
import { seeUnseen, type StoredPhoto } from '../collection/see-images.js';
import type { ProblemList } from '../datasets/problems.js';
import type { ImageId, ModelId, Sha256 } from '../ids.js';
import { fitsEncoder } from '../models/encoder-fit.js';
import type { LibraryRecord } from '../store/libraries.js';
import type { KnownFile } from '../store/library-files.js';
import type { Store } from '../store/store.js';
import type { FoundFile } from './list-files.js';
import { readPhotoFile, type ReadPhoto } from './read-file.js';
import { isSamePicture } from './same-picture.js';

export interface TakeContext extends CollectionContext {
  readonly store: CollectionContext['store'] & Pick<Store, 'libraryFiles' | 'editedPhotos'>;
}

/** A file that is to be looked at, and how it was before. */
export interface Task {
  readonly file: FoundFile;
  readonly before: KnownFile | undefined;
}

interface ReadTask extends Task {
  readonly read: ReadPhoto;
}

interface PlacedPhoto extends ReadTask {
  readonly id: ImageId;
}

/** What becomes of a photo whose file has other bytes now. */
type Rewriting = 'retold' | 'edited';

/** Whether a file and what belongs to it are as they were. */
export function isAsBefore({ size, modified, sidecarState }: FoundFile, before: KnownFile): boolean {
  return size === before.size && modified === before.modified && sidecarState === before.sidecars;
}

export class FileTaker {
  readonly counts = { added: 0, alreadyThere: 0, changed: 0, edited: 0, retold: 0, returned: 0 };
  /** Photos whose files were read. */
  readonly placed = new Set<ImageId>();
  /** Photos whose files show others now. */
  readonly replaced = new Set<ImageId>();
  /**
   * Files whose photos were overwritten by pictures that are new. They are decided on when all others are known: what was
   * in them may have moved to one of those.
   */
  readonly overwritten: Task[] = [];
  private readonly rewritten = new Map<ImageId, Rewriting>();

  constructor(
    private readonly library: LibraryRecord,
    private readonly context: TakeContext,
    private readonly problems: ProblemList,
  ) {}

  /**
   * Takes a few files.
   *
   * @param decides on what is overwritten, in place of noting it in `overwritten`
   * @returns how many are done
   */
  async take(tasks: readonly Task[], decides = false): Promise<number> {
    const photos = await this.read(tasks);
    const overwritten = await this.rewriteKnown(photos, decides);
    const placed = await this.place(photos.filter((photo) => !overwritten.has(photo)));
    await seeUnseen(placed.map(toStored), this.context, 'background');
    await this.record(placed);
    for (const { file, before } of overwritten) this.overwritten.push({ file, before });
    return tasks.length - overwritten.size;
  }

  private async read(tasks: readonly Task[]): Promise<ReadTask[]> {
    const read = await Promise.all(
      tasks.map(async (task) => ({ task, read: await readPhotoFile(task.file, this.context) })),
    );
    const photos: ReadTask[] = [];
    const unreadable: { task: Task; message: string }[] = [];
    for (const { task, read: result } of read) {
      const { path } = task.file;
      if (result.kind === 'photo') {
        const { notice } = result.description;
        if (notice !== undefined) this.problems.add('incomplete photo', () => notice, path);
        photos.push({ ...task, read: result });
      } else if (result.kind !== 'gone') {
        const { message } = result;
        const code = result.kind === 'problem' ? result.code : 'unread';
        this.problems.add(`${code} ${message}`, (count) => `${photosLeftOut(count)} ${message} In question`, path);
        if (result.kind === 'problem') unreadable.push({ task, message });
      }
    }
    await this.noteProblems(unreadable);
    return photos;
  }

  /** What cannot be read keeps the photo that it was, of which nothing is known to be gone. */
  private async noteProblems(files: readonly { readonly task: Task; readonly message: string }[]): Promise<void> {
    await this.context.store.libraryFiles.put(
      this.library.id,
      files.map(({ task: { file, before }, message }) => ({
        ...this.rowOf(file),
        imageId: before?.imageId ?? null,
        pixels: before?.pixels ?? null,
        problem: message,
      })),
    );
  }

  /**
   * Has photos that their files still show be the files' new bytes.
   *
   * @returns those whose files may show another one, which is still to be decided
   */
  private async rewriteKnown(photos: readonly ReadTask[], decides: boolean): Promise<Set<ReadTask>> {
    const known = await this.context.store.images.findBySha256(photos.map(({ read }) => read.sha256));
    const overwritten = new Set<ReadTask>();
    for (const photo of photos) {
      const { before, read } = photo;
      if (before?.imageId == null || known.has(read.sha256)) continue;
      const looksSame = before.pixels === read.pixels;
      if (!decides && !looksSame) overwritten.add(photo);
      else if (!(await this.rewrite(photo, before.imageId, looksSame)) && !decides) overwritten.add(photo);
    }
    return overwritten;
  }

  /** A photo stays what it is, with all that people said of it, where its file shows its picture still. */
  private async rewrite({ file, read }: ReadTask, id: ImageId, looksSame: boolean): Promise<boolean> {
    const { store } = this.context;
    const { path } = file;
    const changed = this.overwritten.flatMap((task) => (task.before?.imageId === id ? [task.file.path] : []));
    const place = { libraryId: this.library.id, path, absolute: `${this.library.root}/${path}`, changed };
    const before = await store.images.find(id);
    if (!before || !(await store.editedPhotos.isOnlyPlace(place, id))) return false;
    if (!looksSame && !(await isSamePicture(id, read, this.context))) return false;
    const { sha256, bytes, description } = read;
    const writers = looksSame ? [] : ((await store.captions.generatedOf([id])).get(id) ?? []);
    if (!(await store.editedPhotos.rewrite(place, id, { ...description, sha256, bytes, looksSame }))) return false;
    await removeDerived([before.sha256], this.context);
    this.rewritten.set(id, looksSame ? 'retold' : 'edited');
    await this.captionAnew(
      { id, sha256, readable: read.readable },
      writers.map(({ modelId }) => modelId),
    );
    return true;
  }

  /**
   * Models that had written for a photo write for what it looks like now. Of those that cannot any more, and where the
   * process ends before, the caption is owed: see `Jobs.work`.
   */
  private async captionAnew(photo: StoredPhoto, writers: readonly ModelId[]): Promise<void> {
    if (writers.length === 0) return;
    const { context } = this;
    await seeUnseen([photo], context, 'background');
    for (const modelId of writers) {
      const model = await context.store.models.find(modelId);
      if (model && fitsEncoder(model, context.inference.encoder.id))
        await captionStored([photo.id], model, context, { priority: 'background' });
    }
  }

  /** Stores photos that are new. Their files are noted, but not as looked at. */
  private async place(photos: readonly ReadTask[]): Promise<PlacedPhoto[]> {
    const { images, libraryFiles } = this.context.store;
    const records = await images.findBySha256(photos.map(({ read }) => read.sha256));
    const known = new Map([...records.values()].map(({ sha256, id }) => [sha256, id]));
    const given = photos.filter(({ read }) => !known.has(read.sha256));
    const added = await images.add(
      given.map(({ file, read: { bytes, sha256, description } }) => ({
        sha256,
        mediaType: description.mediaType,
        width: description.width,
        height: description.height,
        bytes,
        name: file.name,
        inFile: true,
      })),
    );
    const created = new Set(added.filter(({ isNew }) => isNew).map(({ id }) => id));
    given.forEach(({ read }, index) => {
      const id = added[index]?.id;
      if (id !== undefined) known.set(read.sha256, id);
    });
    const placed = photos.flatMap((photo) => {
      const id = known.get(photo.read.sha256);
      return id === undefined ? [] : [{ ...photo, id }];
    });
    for (const photo of placed) this.count(photo, created.delete(photo.id));
    await libraryFiles.put(
      this.library.id,
      placed
        .filter(({ before, id }) => before?.imageId !== id)
        .map(({ file, read, id }) => ({
          ...this.rowOf(file),
          imageId: id,
          pixels: read.pixels,
          problem: null,
          modified: null,
        })),
    );
    return placed;
  }

  private count({ before, id, read }: PlacedPhoto, isNew: boolean): void {
    const { counts } = this;
    this.placed.add(id);
    if (isNew) counts.added += 1;
    else if (before === undefined) counts.alreadyThere += 1;
    else if (this.rewritten.get(id) === 'edited') counts.edited += 1;
    else if (before.imageId === id && before.pixels === read.pixels) counts.retold += 1;
    if (before?.isMissing) counts.returned += 1;
    if (before?.imageId == null || before.imageId === id) return;
    counts.changed += 1;
    this.replaced.add(before.imageId);
  }

  /**
   * The one place where new and changed files, and those whose .xmp files have changed, are noted as looked at: what is
   * to be kept of a file beside its picture is kept here, before the row that says so.
   */
  private async record(photos: readonly PlacedPhoto[]): Promise<void> {
    for (const { file, read, id } of photos) {
      const sidecars = file.sidecars.map(({ location }) => location);
      await recordMetadata(id, { bytes: read.bytes, sidecars }, this.context);
    }
    await this.context.store.libraryFiles.put(
      this.library.id,
      photos.map(({ file, read, id }) => ({ ...this.rowOf(file), imageId: id, pixels: read.pixels, problem: null })),
    );
  }

  private rowOf(file: FoundFile) {
    const { path, size, modified, sidecarState: sidecars } = file;
    const below = file.location.subarray(Buffer.byteLength(this.library.root) + 1);
    return { path, size, modified, sidecars, location: below.equals(Buffer.from(path)) ? undefined : below };
  }
}

function toStored({ id, read }: PlacedPhoto): StoredPhoto & { readonly sha256: Sha256 } {
  return { id, sha256: read.sha256, readable: read.readable };
}

function photosLeftOut(count: number): string {
  return count === 1 ? 'One file was left out.' : `${count} files were left out.`;
}
