/** What trainings take from the collection, and what it takes from them. */
import type { OpenCollection } from '../collection/context.js';
import { seenPhotos, trainingPhotos } from '../collection/captioned-photos.js';
import { withRehearsal } from '../collection/rehearsal.js';
import { seeMirrored } from '../collection/see-images.js';
import { evaluationDependencies } from '../evaluation/evaluate-model.js';
import type { ImageId } from '../ids.js';
import { checkEncoder } from '../models/encoder-fit.js';
import { findModel, modelInUse } from '../models/registry.js';
import { TRAINING_SPLITS } from '../splits.js';
import type { ModelRecord } from '../store/models.js';
import { endTraining } from './end-training.js';
import type { TrainingWorkerOptions } from './worker.js';

export type TrainingSources = Pick<TrainingWorkerOptions, 'photos' | 'earlierModel' | 'currentCaptioner' | 'keepModel'>;

/** @param reindex has every photo embedded by the search model that is to answer */
export function trainingSources(
  collection: () => Promise<OpenCollection>,
  reindex: () => Promise<unknown>,
): TrainingSources {
  const asFile = async (model: ModelRecord, { checkpoints }: OpenCollection) => {
    const { id, name, checkpointSha256: sha256 } = model;
    return { id, name, sha256, path: await checkpoints.pathOf(model) };
  };
  return {
    async photos({ dataset, corrections, fromModelId, mirror, language }) {
      const context = await collection();
      const { store, regionsOf, inference } = evaluationDependencies(context);
      const mirroredOf = mirror ? (imageIds: readonly ImageId[]) => seeMirrored(imageIds, context) : undefined;
      const seen = await seenPhotos(store, inference.encoder, regionsOf, {
        splits: TRAINING_SPLITS,
        dataset,
        corrections,
        mirroredOf,
        language,
      });
      const rehearsing = corrections === true && fromModelId !== undefined;
      return trainingPhotos(rehearsing ? await withRehearsal(seen, fromModelId, store, regionsOf) : seen);
    },
    async earlierModel(id) {
      const context = await collection();
      const model = await findModel(context.store, id);
      checkEncoder(model, context.inference.encoder.id);
      return asFile(model, context);
    },
    async currentCaptioner() {
      const context = await collection();
      const model = await modelInUse('CAPTION', context.store, context.inference.encoder.id);
      return model && asFile(model, context);
    },
    async keepModel(jobId, model, signal, stages) {
      return endTraining(jobId, model, { ...evaluationDependencies(await collection()), reindex, stages }, signal);
    },
  };
}
