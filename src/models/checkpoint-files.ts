/**
 * Models as files of this machine, for the process that captions: those that come with the program lie in its own
 * folder, the others are written from the database when they are first needed here. A file counts only when its hash is
 * the model's.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Sha256 } from '../ids.js';
import { sha256Of } from '../files/sha256.js';
import { removeFile, writeFileAtomically } from '../files/atomic-file.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';

export interface CheckpointFolders {
  /** Where files are written as `<sha256>.safetensors`: EKPHRASIS_DATA's folder `models`. */
  readonly written: string;
  /** Where the program's own files lie. */
  readonly shipped: string;
}

interface HashedFile {
  /** Size and time: a file that was changed is hashed again. */
  readonly version: string;
  readonly sha256: Sha256;
}

export class CheckpointFiles {
  private readonly hashed = new Map<string, HashedFile>();
  /** Those asked for at this moment: many photos that come at once wait for one file. */
  private readonly asked = new Map<Sha256, Promise<string>>();

  constructor(
    private readonly folders: CheckpointFolders,
    private readonly store: Pick<Store, 'models' | 'space'>,
  ) {}

  /**
   * Where the model's file lies on this machine. A missing or damaged one is written from the database.
   *
   * @throws EkphrasisError INVALID_CHECKPOINT when the only copy is damaged, NO_MODEL when there is none that this
   *   machine can read, STORAGE_FAILED
   */
  async pathOf(model: ModelRecord): Promise<string> {
    const { checkpointSha256 } = model;
    const asked = this.asked.get(checkpointSha256);
    if (asked) return asked;
    const path = this.find(model).finally(() => this.asked.delete(checkpointSha256));
    this.asked.set(checkpointSha256, path);
    return path;
  }

  /** Removes the file that was written here for a model. @throws STORAGE_FAILED */
  async remove({ checkpointSha256 }: Pick<ModelRecord, 'checkpointSha256'>): Promise<void> {
    const path = join(this.folders.written, `${checkpointSha256}.safetensors`);
    await removeFile(path);
    this.hashed.delete(path);
  }

  private async find(model: ModelRecord): Promise<string> {
    const written = join(this.folders.written, `${model.checkpointSha256}.safetensors`);
    const candidates = model.shipped
      ? await this.shippedFiles()
      : model.checkpointPath === null
        ? [written]
        : [model.checkpointPath];
    const hashes = await Promise.all(candidates.map((path) => this.hashOf(path)));
    const found = candidates[hashes.indexOf(model.checkpointSha256)];
    if (found !== undefined) return found;
    const bytes = await this.store.models.readCheckpoint(model.id);
    if (!bytes)
      throw hashes.some((hash) => hash !== undefined) ? damaged(model, candidates) : missing(model, candidates);
    if (sha256Of(bytes) !== model.checkpointSha256) throw damaged(model, ['the database']);
    await writeFileAtomically(written, bytes, { space: this.store.space });
    return written;
  }

  private async shippedFiles(): Promise<string[]> {
    const names = await readdir(this.folders.shipped).catch(() => []);
    return names.filter((name) => name.endsWith('.safetensors')).map((name) => join(this.folders.shipped, name));
  }

  /** @returns undefined for a file that is not there or cannot be read */
  private async hashOf(path: string): Promise<Sha256 | undefined> {
    try {
      const { size, mtimeMs } = await stat(path);
      const version = `${size} ${mtimeMs}`;
      const known = this.hashed.get(path);
      if (known?.version === version) return known.sha256;
      const sha256 = sha256Of(await readFile(path));
      this.hashed.set(path, { version, sha256 });
      return sha256;
    } catch {
      return undefined;
    }
  }
}

function damaged({ name, shipped }: ModelRecord, places: readonly string[]): EkphrasisError {
  const remedy = shipped ? 'Install the Ekphrasis it came with again' : 'Restore it from a backup';
  const message = `The model "${name}" is damaged, or of another version: ${places.join(', ')} does not have its SHA-256.`;
  return new EkphrasisError(ErrorCode.InvalidCheckpoint, `${message} ${remedy}, or train a model: ekphrasis train.`);
}

function missing({ name, shipped }: ModelRecord, places: readonly string[]): EkphrasisError {
  const remedy = shipped
    ? 'It comes with the program: install Ekphrasis again'
    : `It was trained by an earlier version: start this one, with the same database, where ${places.join()} lies`;
  const message = `The file of the model "${name}" is not on this machine. ${remedy}, or train a model: ekphrasis train.`;
  return new EkphrasisError(ErrorCode.NoModel, message);
}
