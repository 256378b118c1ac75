/** Makes several captioners one, whose members write together. */
import { readFile } from 'node:fs/promises';
import { type Checkpoint, ensembleOf, readCheckpoint, writeCheckpoint } from '../captioner/checkpoint.js';
import type { ModelRecord } from '../store/models.js';
import { DEFAULT_SETTINGS } from '../training/settings.js';
import { validate, type ValidationResult } from '../training/validation.js';
import { inGroups, type SeenPhoto, seenPhotos } from '../collection/captioned-photos.js';
import { checkEncoder } from '../models/encoder-fit.js';
import { addCaptioner, findModel } from '../models/registry.js';
import type { Use } from '../models/use.js';
import type { ModelId } from '../ids.js';
import { whileNeeding } from '../store/needs.js';
import type { CandidateOutcome } from './candidates.js';
import { applyOutcome, decide } from './decide.js';
import type { EvaluationDependencies } from './evaluate-model.js';

interface Ensemble {
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
 * @param members files of captioners
 * @param onProgress told of photos done and photos in all
 * @throws BAD_USER_INPUT when the members differ in words, sizes or encoder; INVALID_CHECKPOINT; the signal's reason
 *   when aborted
 */
async function makeEnsemble(
  members: readonly string[],
  name: string,
  { store, inference, regionsOf }: EvaluationDependencies,
  onProgress: (done: number, total: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Ensemble> {
  const ensemble = ensembleOf(
    await Promise.all(members.map(async (path) => readCheckpoint(await readFile(path)))),
    name,
  );
  const photos = await seenPhotos(store, inference.encoder, regionsOf, { splits: ['dev'] });
  const figures =
    photos.total === 0
      ? undefined
      : await validate(ensemble, told(photos.images), DEFAULT_SETTINGS.validationBeamWidth);
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

export interface Members {
  readonly members: readonly ModelId[];
  /** Default: the members' names side by side. */
  readonly name?: string | undefined;
  /** Default: NEVER. Where there is no captioner in use, it is used in any case. */
  readonly use?: Use | undefined;
}

export interface CandidateEnsemble extends Ensemble {
  readonly outcome: CandidateOutcome;
}

/**
 * Makes several captioners one, and decides on it.
 *
 * @throws NOT_FOUND, ENCODER_MISMATCH, and what `makeEnsemble` throws
 */
export async function makeCandidateEnsemble(
  { members: ids, name, use = 'NEVER' }: Members,
  dependencies: EvaluationDependencies,
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<CandidateEnsemble> {
  const { store, inference, checkpoints } = dependencies;
  return whileNeeding({ models: ids, photos: { of: undefined } }, store, async () => {
    const models = await Promise.all(ids.map((id) => findModel(store, id)));
    for (const model of models) checkEncoder(model, inference.encoder.id);
    const members = await Promise.all(models.map((model) => checkpoints.pathOf(model)));
    const called = name ?? models.map((model) => model.name).join(' + ');
    const made = await makeEnsemble(members, called, dependencies, onProgress, signal);
    const outcome = await decide({ model: made.model, use }, dependencies, signal);
    await applyOutcome(outcome, made.model, dependencies);
    return { ...made, outcome };
  });
}

function withFigures(
  { header, parameters }: Checkpoint,
  { bleu, cider }: Pick<ValidationResult, 'bleu' | 'cider'>,
): Checkpoint {
  return { header: { ...header, training: { ...header.training, dataset: null, bleu: [...bleu], cider } }, parameters };
}
