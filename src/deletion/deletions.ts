/** Photos, data sets and models leave the collection, with all that hangs on them, once nothing needs them any more. */
import {
  describeRemoval,
  type DatasetRemoval,
  removeDataset,
  type RemovalContext,
  removeDerived,
  whileKept,
} from '../collection/remove-dataset.js';
import { EkphrasisError, ErrorCode, found } from '../errors.js';
import type { TrashBin } from '../collection/context.js';
import type { DatasetId, ImageId, LibraryId, ModelId, TrashId } from '../ids.js';
import {
  describeKept,
  describeLibraryRemoval,
  type LibraryRemoval,
  type LibraryRemovalContext,
  removeLibrary,
} from '../libraries/remove-library.js';
import type { CheckpointFiles } from '../models/checkpoint-files.js';
import type { ModelDependents, ModelRecord } from '../store/models.js';
import type { TrashKind } from '../store/trash.js';
import {
  type UsageStore,
  whileDatasetUnused,
  whileImagesUnused,
  whileLibraryUnused,
  whileModelUnused,
} from './usage.js';

/** How something is deleted. */
export interface DeletionOptions {
  /** Not kept in the trash. Default: false. */
  readonly forever?: boolean | undefined;
}

export interface DeletedImages {
  /** Where they can be brought back from; undefined where they cannot. */
  readonly trash?: TrashId | undefined;
  readonly images: number;
  /** Ids of which there was no photo. */
  readonly notThere: number;
  /** Sentences of data sets and of people. */
  readonly referenceCaptions: number;
  /** Sentences of models. */
  readonly generatedCaptions: number;
  readonly ratings: number;
  /** Evaluations that had measured on them: their figures stay, and say how many of their photos are gone. */
  readonly evaluations: number;
}

/** A model, and what went with it. */
export interface DeletedModel extends ModelDependents {
  readonly trash?: TrashId | undefined;
  readonly model: ModelRecord;
}

export interface DeletionContext extends Omit<RemovalContext, 'store'> {
  readonly store: UsageStore & LibraryRemovalContext['store'];
  readonly trash: TrashBin;
  readonly checkpoints: Pick<CheckpointFiles, 'remove'>;
}

export class Deletions {
  constructor(private readonly context: DeletionContext) {}

  /**
   * Deletes photos: their captions, those of people too, ratings, features, embeddings, regions and small copies go
   * with them, into the trash where they are to be kept. What an evaluation measured stays as it was measured; only its lines of these photos go.
   *
   * @throws CONFLICT while something runs that reads or imports them; STORAGE_FAILED
   */
  async deleteImages(ids: readonly ImageId[], { forever = false }: DeletionOptions = {}): Promise<DeletedImages> {
    const { store } = this.context;
    const { images, trash, ...counts } = await whileImagesUnused(ids, store, async () => {
      const [first, ...others] = await store.images.findMany(ids);
      const name = others.length > 0 ? `${others.length + 1} photos` : (first?.name ?? '');
      const entry = first && (await this.keep('images', name, forever));
      const remove = () => store.images.deleteMany(ids, entry);
      return { ...(await whileKept(entry, () => store.images.bytesOf(ids), remove, store)), trash: entry };
    });
    await removeDerived(
      images.map(({ sha256 }) => sha256),
      this.context,
    );
    return { images: images.length, notThere: new Set(ids).size - images.length, trash, ...counts };
  }

  /**
   * Deletes a data set; see `removeDataset`.
   *
   * @param confirmed without, nothing is deleted
   * @throws NOT_FOUND; BAD_USER_INPUT, with what would be deleted, where it is not confirmed; CONFLICT while a training
   *   or a job needs it
   */
  async deleteDataset(
    id: DatasetId,
    confirmed: boolean,
    { forever = false }: DeletionOptions = {},
  ): Promise<DatasetRemoval & { readonly trash?: TrashId | undefined }> {
    const { dataset, figures, deletedPhotos } = await describeRemoval(id, this.context.store);
    return whileDatasetUnused(dataset, this.context.store, async () => {
      if (confirmed) {
        const trash = await this.keep('dataset', dataset.name, forever);
        return { ...(await removeDataset(id, this.context, trash)), trash };
      }
      const message =
        `Deleting the data set ${dataset.name} removes its ${figures.captions} captions and deletes ${deletedPhotos} of its ${figures.images} photos ` +
        '(the others are in another data set, or were uploaded or captioned by people). Confirm it.';
      throw new EkphrasisError(ErrorCode.BadInput, message);
    });
  }

  /**
   * Removes a library from the collection; see `removeLibrary`. Its files stay as they are.
   *
   * @param confirmed without, nothing is removed
   * @throws NOT_FOUND; BAD_USER_INPUT, with what would be deleted, where it is not confirmed; CONFLICT while it is scanned
   */
  async removeLibrary(
    id: LibraryId,
    confirmed: boolean,
    { forever = false }: DeletionOptions = {},
  ): Promise<LibraryRemoval & { readonly trash?: TrashId | undefined }> {
    const { library, figures, deletedPhotos, kept } = await describeLibraryRemoval(id, this.context.store);
    return whileLibraryUnused(library, this.context.store, async () => {
      if (confirmed) {
        const trash = await this.keep('library', library.name, forever);
        return { ...(await removeLibrary(id, this.context, trash)), trash };
      }
      const message = [
        `Removing the library ${library.name} deletes ${deletedPhotos} of its ${figures.images} photos from Ekphrasis, with what models wrote for them.`,
        ...describeKept(kept),
        'Its files stay as they are. Confirm it.',
      ];
      throw new EkphrasisError(ErrorCode.BadInput, message.join(' '));
    });
  }

  /**
   * Deletes a model: its captions with their ratings, its embeddings, evaluations and its file go with it. Models that
   * were trained from it stay, and so does the training that made it.
   *
   * @throws NOT_FOUND; CONFLICT for a model in use, for one that comes with the program, and while a job or a training
   *   needs it
   */
  async deleteModel(id: ModelId, { forever = false }: DeletionOptions = {}): Promise<DeletedModel> {
    const { store, checkpoints } = this.context;
    const model = found(await store.models.find(id), `model ${id}`);
    const conflict = (why: string) => new EkphrasisError(ErrorCode.Conflict, `The model "${model.name}" ${why}.`);
    if (model.current) throw conflict('is in use: choose another first (useModel, or ekphrasis models use ID)');
    if (model.shipped) throw conflict('comes with the program, which would bring it back at its next start');
    const { counts, trash } = await whileModelUnused(model, store, async () => {
      const entry = await this.keep('model', model.name, forever);
      const remove = () => store.models.delete(id, entry);
      return { counts: await whileKept(entry, () => store.models.bytesOf(id), remove, store), trash: entry };
    });
    if (!counts) throw conflict('was taken into use or deleted at this moment: look again');
    if (!(await store.models.hasFile(model.checkpointSha256))) await checkpoints.remove(model);
    return { model, trash, ...counts };
  }

  /** Where what is deleted goes; undefined: it is gone. */
  private async keep(kind: TrashKind, name: string, forever: boolean): Promise<TrashId | undefined> {
    return forever ? undefined : this.context.trash.open(kind, name);
  }
}
