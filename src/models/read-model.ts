/** Models with their files, as they are exported. */
import { readFile } from 'node:fs/promises';
import { found } from '../errors.js';
import type { ModelId } from '../ids.js';
import type { ModelRecord } from '../store/models.js';
import type { Store } from '../store/store.js';
import type { CheckpointFiles } from './checkpoint-files.js';
import { fitsEncoder } from './encoder-fit.js';
import type { ModelFile } from './exported-model.js';
import { checkTrained } from './registry.js';

interface Reading {
  readonly store: Pick<Store, 'models'>;
  readonly checkpoints: Pick<CheckpointFiles, 'pathOf'>;
}

/** @throws EkphrasisError NOT_FOUND; BAD_USER_INPUT for captions from elsewhere; INVALID_CHECKPOINT, NO_MODEL, STORAGE_FAILED */
export async function readModel(id: ModelId, { store, checkpoints }: Reading): Promise<ModelFile> {
  const model = found(await store.models.find(id), `model ${id}`);
  checkTrained(model);
  const { name, task, figures, checkpointSha256 } = model;
  const checkpoint = await readFile(await checkpoints.pathOf(model));
  return { name, task: task === 'SEARCH' ? task : 'CAPTION', figures, checkpointSha256, checkpoint };
}

/** The search model that judges what a captioner writes: the current one, where it looks at what the captioner does. */
export function judgeOf(
  captioner: Pick<ModelRecord, 'task' | 'encoder'>,
  search: readonly Pick<ModelRecord, 'id' | 'current' | 'encoder' | 'compatibleEncoders'>[],
): ModelId | undefined {
  if (captioner.task !== 'CAPTION') return undefined;
  return search.find((model) => model.current && fitsEncoder(model, captioner.encoder))?.id;
}
