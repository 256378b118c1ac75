/** What jobs over the collection are told, by kind. */
import { z } from 'zod';
import type { DatasetId, EncoderId, ModelId } from '../ids.js';
import type { JobKind } from '../store/jobs.js';

const encoder = z.string().transform((id) => id as EncoderId);
const modelId = z.string().transform((id) => id as ModelId);

export const settingsSchemas = {
  /** Every photo that has no feature of the encoder, or no embedding of the search model, gets one; then these answer searches. */
  embed: z.object({ encoder, searchModelId: modelId.optional() }),
  /** The same, and what other encoders saw, and where other models set it, is removed in the end. */
  reindex: z.object({ encoder, searchModelId: modelId.optional() }),
  /** A model writes for every photo, or for those it has written nothing for, or of these only where others have written. */
  caption: z.object({ encoder, modelId, onlyMissing: z.boolean(), onlyOfOthers: z.boolean().default(false) }),
  /** `path` is on the worker's machine, or `scenes`; with `below` it must lie in that folder there. */
  import: z.object({
    path: z.string().min(1),
    below: z.string().optional(),
    prune: z.boolean().optional(),
    format: z.string().optional(),
    columns: z.object({ file: z.string(), caption: z.string(), split: z.string().optional() }).optional(),
  }),
  evaluate: z.object({ modelId, split: z.enum(['train', 'dev', 'test']), dataset: z.string().transform((id) => id as DatasetId).optional() }),
} as const satisfies Record<JobKind, z.ZodType>;

export type SettingsOf<Kind extends JobKind> = z.output<(typeof settingsSchemas)[Kind]>;

/** Kinds that are split into parts. The others are one worker's from beginning to end. */
export type SplitKind = 'embed' | 'reindex' | 'caption';

export function isSplit(kind: JobKind): kind is SplitKind {
  return kind === 'embed' || kind === 'reindex' || kind === 'caption';
}

/** Imports of earlier versions named files one by one. */
const problemSchema = z.union([
  z.object({ kind: z.string(), message: z.string(), count: z.number() }),
  z.object({ file: z.string(), reason: z.string() }).transform(({ file, reason }) => ({ kind: reason, message: `${file}: ${reason}`, count: 1 })),
]);

/** What came of an import. */
export const importResultSchema = z.object({
  dataset: z.string(),
  /** None of an import of an earlier version. */
  datasetId: z.string().transform((id) => id as DatasetId).optional(),
  imported: z.number(),
  alreadyThere: z.number(),
  duplicates: z.number(),
  captionsAdded: z.number().default(0),
  captionsChanged: z.number().default(0),
  splitsChanged: z.number().default(0),
  moved: z.number().default(0),
  gonePhotos: z.number().default(0),
  goneCaptions: z.number().default(0),
  deletedPhotos: z.number().default(0),
  problemCount: z.number(),
  problems: z.array(problemSchema),
});
export type ImportResult = z.output<typeof importResultSchema>;
