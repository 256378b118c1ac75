/** Which models there are: those that come with the program, those that were trained here, and the ones in use. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type CheckpointHeader, readCheckpointHeader } from '../captioner/checkpoint.js';
import { EkphrasisError, ErrorCode, found } from '../errors.js';
import type { DatasetId, EncoderId, ModelId, TrainingJobId } from '../ids.js';
import { readSearchCheckpointHeader, type SearchCheckpointHeader } from '../joint-embedding/checkpoint.js';
import { sha256Of } from '../files/sha256.js';
import type { ModelRecord, ModelTask, ShippedModel, TrainedTask } from '../store/models.js';
import type { Store } from '../store/store.js';
import type { TrainingEpochRecord } from '../store/training-jobs.js';
import { checkEncoder, fitsEncoder } from './encoder-fit.js';

/**
 * Makes the checkpoints of a folder known, the last by name as the one of its task that is used unless a model was
 * trained here. One that cannot be read is logged and left out: the server still searches, and captions with the
 * others.
 *
 * @param directory may be missing or empty
 */
export async function registerShippedModels(
  store: Pick<Store, 'models'>,
  directory: string,
  log: Logger,
): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const files = names.filter((name) => name.endsWith('.safetensors')).sort();
  for (const file of files) {
    try {
      await store.models.addShipped(describeModel(await readFile(join(directory, file))));
    } catch (error) {
      if (!(error instanceof EkphrasisError) || error.code !== ErrorCode.InvalidCheckpoint) throw error;
      log.error({ file, code: error.code }, `The model ${file} cannot be used: ${error.message}`);
    }
  }
}

/**
 * Takes the files of models into the database that an earlier version trained and left where they were made. Those that
 * lie on another machine wait for a start there; a damaged one is logged.
 */
export async function takeInCheckpoints(store: Pick<Store, 'models'>, log: Logger): Promise<void> {
  for (const { id, name, checkpointPath, checkpointSha256 } of await store.models.withoutCheckpoint()) {
    const bytes = checkpointPath === null ? undefined : await readFile(checkpointPath).catch(() => undefined);
    if (!bytes) continue;
    if (sha256Of(bytes) === checkpointSha256) await store.models.putCheckpoint(id, bytes);
    else
      log.error(
        { file: checkpointPath, code: ErrorCode.InvalidCheckpoint },
        `The file of the model "${name}" is damaged.`,
      );
  }
}

/**
 * Takes over what a training made: the model is known from then on. Done again for the same job, it changes nothing.
 *
 * @param dataset whose photos it was measured on. Default: all.
 */
export async function keepTrainedModel(
  store: Pick<Store, 'models'>,
  jobId: TrainingJobId,
  checkpoint: string,
  best: TrainingEpochRecord,
  dataset: DatasetId | undefined,
): Promise<ModelRecord> {
  const bytes = await readFile(checkpoint);
  const { epoch, loss, bleu, cider, retrieval } = best;
  const figures = { epoch, loss, dataset: dataset ?? null, ...(retrieval ?? { bleu, cider }) };
  return store.models.add({ ...describeModel(bytes), checkpoint: bytes, figures, trainingJobId: jobId });
}

/** Adds a model whose file was made here. @throws INVALID_CHECKPOINT */
export async function addCaptioner(store: Pick<Store, 'models'>, bytes: Uint8Array): Promise<ModelRecord> {
  const { figures, ...described } = describeModel(bytes);
  return store.models.add({ ...described, checkpoint: bytes, ...(figures && { figures }) });
}

const scores = z.object({
  bleu: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  cider: z.number(),
  /** Whose photos; null for those of all, nothing where it is not known. */
  dataset: z
    .string()
    .transform((id) => id as DatasetId)
    .nullish(),
});

/**
 * A model trained or put together here has the figures of its best epoch, a shipped one of one decoder those of all
 * epochs up to its own.
 */
const figuresSchema = z.union([
  z.object({ epochs: z.array(scores).min(1) }).transform(({ epochs }) => epochs.at(-1)),
  scores,
]);

/**
 * What was measured of a captioner on the dev split while it was made; undefined where nothing was, and of search
 * models.
 */
export function devFiguresOf({ figures }: Pick<ModelRecord, 'figures'>): z.infer<typeof figuresSchema> {
  return figuresSchema.safeParse(figures).data;
}

/** The data set that figures are of, in words. */
export async function datasetInWords(
  dataset: DatasetId | null | undefined,
  { datasets }: Pick<Store, 'datasets'>,
): Promise<string> {
  if (dataset === undefined) return 'photos it does not name';
  return dataset === null ? 'all data sets' : ((await datasets.find(dataset))?.name ?? 'a data set that was deleted');
}

/**
 * Has a model that is there already be used, by a person's choice: it stays, whatever trainings end. A search model
 * answers once a reindexing has had it embed every photo.
 *
 * @throws NOT_FOUND; BAD_USER_INPUT for captions from elsewhere; ENCODER_MISMATCH
 */
export async function useModel(id: ModelId, store: Pick<Store, 'models'>, running: EncoderId): Promise<ModelRecord> {
  const model = found(await store.models.find(id), `model ${id}`);
  checkTrained(model);
  checkEncoder(model, running);
  const chosen = await store.models.choose(model.id);
  return model.task === 'SEARCH' ? chosen : store.models.makeCurrent(model.id);
}

/** The model of a task that is used, where the running encoder sees what it was trained on. */
export async function modelInUse(
  task: ModelTask,
  store: Pick<Store, 'models'>,
  encoder: EncoderId,
): Promise<ModelRecord | undefined> {
  const model = await store.models.current(task);
  return model && fitsEncoder(model, encoder) ? model : undefined;
}

/** What is said of captions that were written elsewhere, after their name. */
const ONLY_CAPTIONS = 'is a list of captions that were written elsewhere';

/**
 * A model whose captions were measured, or can be.
 *
 * @param id Default: the current captioner.
 * @throws as `findModelOrCurrent`
 */
export async function findMeasured(store: Pick<Store, 'models'>, id: ModelId | undefined): Promise<ModelRecord> {
  const model = id === undefined ? undefined : await store.models.find(id);
  return model?.task === 'PREDICTIONS' ? model : findModelOrCurrent(store, id);
}

/** @throws BAD_USER_INPUT for captions that were written elsewhere */
export function checkTrained(model: Pick<ModelRecord, 'name' | 'task'>): void {
  if (model.task !== 'PREDICTIONS') return;
  const message = `"${model.name}" ${ONLY_CAPTIONS}: it can be measured and compared, and writes nothing. Name a model that was trained.`;
  throw new EkphrasisError(ErrorCode.BadInput, message);
}

/** @throws NOT_FOUND; BAD_USER_INPUT for a model of another task */
export async function findModel(
  store: Pick<Store, 'models'>,
  id: ModelId,
  task: TrainedTask = 'CAPTION',
): Promise<ModelRecord> {
  const model = found(await store.models.find(id), `model ${id}`);
  if (model.task === task) return model;
  const does = { CAPTION: 'writes captions', SEARCH: 'searches', PREDICTIONS: ONLY_CAPTIONS };
  throw new EkphrasisError(
    ErrorCode.BadInput,
    `The model "${model.name}" ${does[model.task]}; one that ${does[task]} is wanted.`,
  );
}

/**
 * @param id Default: the current captioner.
 * @throws NOT_FOUND for an unknown model; BAD_USER_INPUT for one that searches; NO_MODEL
 */
export async function findModelOrCurrent(store: Pick<Store, 'models'>, id: ModelId | undefined): Promise<ModelRecord> {
  const model = id === undefined ? await store.models.current() : await findModel(store, id);
  if (!model)
    throw new EkphrasisError(ErrorCode.NoModel, 'There is no model. Import a data set and train one: ekphrasis train.');
  return model;
}

/** What a model's file says of it. @throws INVALID_CHECKPOINT */
export function describeModel(bytes: Uint8Array): ShippedModel {
  const { task, header } = readAny(bytes);
  const { name, encoder, compatibleEncoders, vocabulary, language } = header;
  const from = 'from' in header ? header.from : undefined;
  const settings = {
    ...header.settings,
    vocabularySize: vocabulary.length,
    compatibleEncoders,
    ...(language && { language }),
    ...(from && { from }),
  };
  return {
    name,
    task,
    encoder,
    compatibleEncoders,
    settings,
    checkpointSha256: sha256Of(bytes),
    figures: header.training,
  };
}

function readAny(bytes: Uint8Array): {
  readonly task: TrainedTask;
  readonly header: SearchCheckpointHeader | CheckpointHeader;
} {
  try {
    return { task: 'SEARCH', header: readSearchCheckpointHeader(bytes) };
  } catch {
    return { task: 'CAPTION', header: readCheckpointHeader(bytes) };
  }
}
