/** Makes several captioners one, whose members write together. */
import { readFile } from 'node:fs/promises';
import { type Checkpoint, ensembleOf, readCheckpoint, writeCheckpoint } from '../captioner/checkpoint.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import { DEFAULT_SETTINGS } from '../training/settings.js';
import { validate, type ValidationResult } from '../training/validation.js';
import type { RegionSource } from '../vision/encoder.js';
import { inGroups, type RegionsOf, type SeenPhoto, seenPhotos } from './collection-photos.js';
import { addCaptioner } from './models.js';

export interface EnsembleRequest {
  /** Files of captioners. */
  readonly members: readonly string[];
  readonly name: string;
}

export interface EnsembleSurroundings {
  readonly store: Pick<Store, 'captions' | 'models'>;
  readonly encoder: RegionSource;
  readonly regionsOf: RegionsOf;
}

export interface Ensemble {
  readonly model: ModelRecord;
  /** What it is worth on the dev split; nothing where the collection has no photo of it. */
  readonly figures: Pick<ValidationResult, 'bleu' | 'cider'> | undefined;
}

/** Photos captioned in one call. */
const GROUP = 64;

/**
 * Adds the ensemble. Its file says what it is worth on the dev split, as a trained
 * model's does and by the same measure, where the collection has photos of it.
 *
 * @param onProgress told of photos done and photos in all
 * @throws BAD_USER_INPUT when the members differ in words, sizes or encoder; INVALID_CHECKPOINT; the signal's reason when aborted
 */
export async function makeEnsemble(
  { members, name }: EnsembleRequest,
  { store, encoder, regionsOf }: EnsembleSurroundings,
  onProgress: (done: number, total: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Ensemble> {
  const ensemble = ensembleOf(await Promise.all(members.map(async (path) => readCheckpoint(await readFile(path)))), name);
  const photos = await seenPhotos(store, encoder, regionsOf, { splits: ['dev'] });
  const figures = photos.total === 0 ? undefined : await validate(ensemble, told(photos.images), DEFAULT_SETTINGS.validationBeamWidth);
  const model = await addCaptioner(store, writeCheckpoint(figures ? withFigures(ensemble, figures) : ensemble, 'fp16'));
  return { model, figures };

  async function* told(images: AsyncIterable<SeenPhoto>): AsyncGenerator<SeenPhoto[]> {
    let done = 0;
    for await (const group of inGroups(images, GROUP)) {
      signal?.throwIfAborted();
      yield group;
      done += group.length;
      onProgress(done, photos.total);
    }
  }
}

function withFigures({ header, parameters }: Checkpoint, { bleu, cider }: Pick<ValidationResult, 'bleu' | 'cider'>): Checkpoint {
  return { header: { ...header, training: { ...header.training, dataset: null, bleu: [...bleu], cider } }, parameters };
}
