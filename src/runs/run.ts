/** A run: a training with all that is needed to do it again, as the API tells it and `run.json` has it. */
import { z } from 'zod';
import { dataFingerprintSchema } from '../training/data-fingerprint.js';
import { SETTINGS } from '../training/setting-table.js';

const numberOrNull = z.number().nullable();
const foundSchema = z.object({ recall: z.array(z.number()), medianRank: z.number() });

const epochSchema = z.object({
  epoch: z.number(),
  loss: z.number(),
  reward: numberOrNull,
  learningRate: z.number(),
  seconds: z.number(),
  imagesPerSecond: z.number(),
  bleu: z.array(z.number()).nullable(),
  cider: numberOrNull,
  retrieval: z.object({ textToImage: foundSchema, imageToText: foundSchema }).nullable(),
  best: z.boolean(),
  samples: z.array(z.object({ imageName: z.string(), caption: z.string() })),
});
export type RunEpoch = z.infer<typeof epochSchema>;

const DATA = Object.keys(dataFingerprintSchema.shape).join(' ');

const provenanceSchema = z.object({
  data: dataFingerprintSchema,
  featuresSha256: z.string(),
  versions: z.record(z.string(), z.union([z.string(), z.number()])),
  from: z.object({ modelId: z.string(), name: z.string(), sha256: z.string() }).nullable(),
  changed: z.array(z.string()),
});

const jobSchema = z.object({
  id: z.string(),
  state: z.string(),
  task: z.string(),
  name: z.string(),
  use: z.string(),
  dataset: z.string().nullable(),
  fromModel: z.object({ id: z.string() }).nullable(),
  settings: z.record(z.string(), z.json()),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  provenance: provenanceSchema.nullable(),
  model: z.object({ id: z.string(), name: z.string(), checkpointSha256: z.string() }).nullable(),
  epochs: z.array(epochSchema),
});
export type RunJob = z.infer<typeof jobSchema>;

const PHASE = 'objective epochs learningRate samples temperature crossEntropyShare';
const RETRIEVAL = 'recall medianRank';

export const RUN_QUERY = {
  schema: z.object({ trainingJob: jobSchema }),
  operation: `query ($id: ID!) { trainingJob(id: $id) {
    id state task name use dataset fromModel { id } createdAt startedAt error { code message }
    settings { ${SETTINGS.map(({ name, kind }) => (kind === 'phases' ? `${name} { ${PHASE} }` : name)).join(' ')} }
    provenance {
      data { ${DATA} } featuresSha256 from { modelId name sha256 } changed
      versions { program node onnxruntime platform cpu threads engine device encoder }
    }
    model { id name checkpointSha256 }
    epochs {
      epoch loss reward learningRate seconds imagesPerSecond bleu cider best samples { imageName caption }
      retrieval { textToImage { ${RETRIEVAL} } imageToText { ${RETRIEVAL} } }
    }
  } }`,
};

export const DATA_QUERY = {
  schema: z.object({ trainingData: dataFingerprintSchema }),
  operation: `query ($dataset: String) { trainingData(dataset: $dataset) { ${DATA} } }`,
};

const runSchema = z.object({
  format: z.literal('ekphrasis-run'),
  version: z.literal(1),
  /** Of the training in the collection in which it was done. */
  id: z.string(),
  state: z.string(),
  createdAt: z.string(),
  /** What `train --config` and `startTraining` take. */
  recipe: z.record(z.string(), z.json()),
  provenance: provenanceSchema.nullable(),
  model: z.object({ name: z.string(), sha256: z.string() }).nullable(),
  epochs: z.array(epochSchema),
});
export type Run = z.infer<typeof runSchema>;

/** @returns nothing where it is no run */
export function readRun(json: unknown): Run | undefined {
  return runSchema.safeParse(json).data;
}

export function runOf(job: RunJob): Run {
  const { id, state, createdAt, provenance, model, epochs } = job;
  return {
    format: 'ekphrasis-run',
    version: 1,
    id,
    state,
    createdAt,
    recipe: recipeOf(job),
    provenance,
    model: model && { name: model.name, sha256: model.checkpointSha256 },
    epochs,
  };
}

/** What is null is left out, and so are phases where they say no more than the number of epochs does. */
function recipeOf({ task, name, use, dataset, fromModel, settings, provenance }: RunJob): Run['recipe'] {
  const phases = z
    .array(z.record(z.string(), z.json()))
    .parse(settings['phases'] ?? [])
    .map(withoutNulls);
  const [first] = phases;
  const isPlain =
    phases.length < 2 && first?.['objective'] !== 'SELF_CRITICAL' && first?.['learningRate'] === undefined;
  const fromModelId = fromModel?.id ?? provenance?.from?.modelId ?? null;
  return withoutNulls({ task, name, use, dataset, fromModelId, ...settings, phases: isPlain ? null : phases });
}

function withoutNulls(fields: Run['recipe']): Run['recipe'] {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
