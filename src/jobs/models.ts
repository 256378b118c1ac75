/** Which captioners there are: those that come with the program, those that were trained here, and the one in use. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type CheckpointHeader, readCheckpoint } from '../captioner/checkpoint.js';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { ModelId, Sha256, TrainingJobId } from '../ids.js';
import type { ModelRecord, NewModel } from '../store/models.js';
import type { Store } from '../store/store.js';
import type { TrainingEpochRecord } from '../store/training-jobs.js';

/**
 * Makes the checkpoints of a folder known, the last by name as the one that captions unless a model was trained here. One that
 * cannot be read is logged and left out: the server still searches, and captions with the others.
 *
 * @param directory may be missing or empty
 */
export async function registerShippedModels(store: Pick<Store, 'models'>, directory: string, log: Logger): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const files = names.filter((name) => name.endsWith('.safetensors')).sort();
  for (const file of files) {
    try {
      await store.models.addShipped(await describeCheckpoint(join(directory, file)));
    } catch (error) {
      if (!(error instanceof EkphrasisError) || error.code !== ErrorCode.InvalidCheckpoint) throw error;
      log.error({ file, code: error.code }, `The model ${file} cannot be used: ${error.message}`);
    }
  }
}

/**
 * Takes over what a training made: its file is copied under `directory`, and the model is known from then on.
 * Done again for the same job, it changes nothing.
 */
export async function keepTrainedModel(
  store: Pick<Store, 'models'>,
  directory: string,
  jobId: TrainingJobId,
  checkpoint: string,
  best: TrainingEpochRecord,
): Promise<ModelRecord> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${jobId}.safetensors`);
  await copyFile(checkpoint, `${path}.partial`);
  await rename(`${path}.partial`, path);
  const { epoch, loss, bleu, cider } = best;
  return store.models.add({ ...(await describeCheckpoint(path)), figures: { epoch, loss, bleu, cider }, trainingJobId: jobId });
}

/** @throws NOT_FOUND */
export async function findModel(store: Pick<Store, 'models'>, id: ModelId): Promise<ModelRecord> {
  const model = await store.models.find(id);
  if (!model) throw new EkphrasisError(ErrorCode.NotFound, `There is no model ${id}.`);
  return model;
}

async function describeCheckpoint(path: string): Promise<Omit<NewModel, 'trainingJobId'>> {
  const bytes = await readFile(path);
  const { header } = readCheckpoint(bytes);
  const checkpointSha256 = createHash('sha256').update(bytes).digest('hex') as Sha256;
  const { name, encoder, compatibleEncoders } = header;
  const settings = settingsOf(header);
  return { name, encoder, compatibleEncoders, settings, checkpointPath: path, checkpointSha256, figures: header.training };
}

function settingsOf({ settings, compatibleEncoders, vocabulary }: CheckpointHeader): object {
  return { ...settings, vocabularySize: vocabulary.length, compatibleEncoders };
}
