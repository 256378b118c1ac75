/** Photos, data sets and models leave the collection, with all that hangs on them, once nothing needs them any more. */
import { describeRemoval, type DatasetRemoval, removeDataset, type RemovalContext, removeDerived } from '../collection/remove-dataset.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { DatasetId, ImageId, ModelId } from '../ids.js';
import type { CheckpointFiles } from '../store/checkpoint-files.js';
import type { ModelDependents, ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { type UsageStore, whileDatasetUnused, whileImagesUnused, whileModelUnused } from './usage.js';

export interface DeletedImages {
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
  readonly model: ModelRecord;
}

export interface DeletionContext extends Omit<RemovalContext, 'store'> {
  readonly store: UsageStore & RemovalContext['store'] & Pick<Store, 'images'>;
  readonly checkpoints: Pick<CheckpointFiles, 'remove'>;
}

export class Deletions {
  constructor(private readonly context: DeletionContext) {}

  /**
   * Deletes photos: their captions, those of people too, ratings, features, embeddings, regions and small copies go with them.
   * What an evaluation measured stays as it was measured; only its lines of these photos go.
   *
   * @throws CONFLICT while something runs that reads or imports them; STORAGE_FAILED
   */
  async deleteImages(ids: readonly ImageId[]): Promise<DeletedImages> {
    const { store } = this.context;
    const { images, ...counts } = await whileImagesUnused(ids, store, () => store.images.deleteMany(ids));
    await removeDerived(images.map(({ sha256 }) => sha256), this.context);
    return { images: images.length, notThere: new Set(ids).size - images.length, ...counts };
  }

  /**
   * Deletes a data set; see `removeDataset`.
   *
   * @param confirmed without, nothing is deleted
   * @throws NOT_FOUND; BAD_USER_INPUT, with what would be deleted, where it is not confirmed; CONFLICT while a training or a job needs it
   */
  async deleteDataset(id: DatasetId, confirmed: boolean): Promise<DatasetRemoval> {
    const { dataset, figures, deletedPhotos } = await describeRemoval(id, this.context.store);
    return whileDatasetUnused(dataset, this.context.store, () => {
      if (confirmed) return removeDataset(id, this.context);
      const message =
        `Deleting the data set ${dataset.name} removes its ${figures.captions} captions and deletes ${deletedPhotos} of its ${figures.images} photos ` +
        '(the others are in another data set, or were uploaded or captioned by people). Confirm it.';
      throw new EkphrasisError(ErrorCode.BadInput, message);
    });
  }

  /**
   * Deletes a model: its captions with their ratings, its embeddings, evaluations and its file go with it. Models that were
   * trained from it stay, and so does the training that made it.
   *
   * @throws NOT_FOUND; CONFLICT for a model in use, for one that comes with the program, and while a job or a training needs it
   */
  async deleteModel(id: ModelId): Promise<DeletedModel> {
    const { store, checkpoints } = this.context;
    const model = await store.models.find(id);
    if (!model) throw new EkphrasisError(ErrorCode.NotFound, `There is no model ${id}.`);
    const conflict = (why: string) => new EkphrasisError(ErrorCode.Conflict, `The model "${model.name}" ${why}.`);
    if (model.current) throw conflict('is in use: choose another first (useModel, or ekphrasis models use ID)');
    if (model.shipped) throw conflict('comes with the program, which would bring it back at its next start');
    const counts = await whileModelUnused(model, store, () => store.models.delete(id));
    if (!counts) throw conflict('was taken into use or deleted at this moment: look again');
    if (!(await store.models.hasFile(model.checkpointSha256))) await checkpoints.remove(model);
    return { model, ...counts };
  }
}
