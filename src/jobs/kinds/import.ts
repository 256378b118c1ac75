import { z } from 'zod';
import type { DatasetId } from '../../ids.js';
import { checkRealPath } from '../../datasets/import-path.js';
import type { WholeKind } from '../kind.js';

/** `path` is on the worker's machine, or `scenes`; with `below` it must lie in that folder there. */
const settingsSchema = z.object({
  path: z.string().min(1),
  below: z.string().optional(),
  prune: z.boolean().optional(),
  format: z.string().optional(),
  columns: z.object({ file: z.string(), caption: z.string(), split: z.string().optional() }).optional(),
});

/** Imports of earlier versions named files one by one. */
const problemSchema = z.union([
  z.object({ kind: z.string(), message: z.string(), count: z.number() }),
  z
    .object({ file: z.string(), reason: z.string() })
    .transform(({ file, reason }) => ({ kind: reason, message: `${file}: ${reason}`, count: 1 })),
]);

const resultSchema = z.object({
  dataset: z.string(),
  /** None of an import of an earlier version. */
  datasetId: z
    .string()
    .transform((id) => id as DatasetId)
    .optional(),
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
export type ImportResult = z.output<typeof resultSchema>;

/** Kinds of problems that are kept. */
const KEPT_PROBLEMS = 100;

export const importKind: WholeKind<z.output<typeof settingsSchema>, ImportResult> = {
  kind: 'import',
  description: 'Brings a data set into the collection.',
  settings: settingsSchema,
  result: resultSchema,
  policy: { retries: 4, retriesOfLost: 9, concurrency: 1 },
  scope: 'write',
  needs: () => ({}),
  imports: ({ path }) => path,
  async run({ path, below, ...wish }, dependencies, onProgress, signal) {
    if (below !== undefined) await checkRealPath(path, below);
    const { problems, ...counts } = await dependencies.importDataset(path, {
      ...wish,
      within: below,
      onProgress,
      signal,
    });
    return { ...counts, problemCount: problems.length, problems: problems.slice(0, KEPT_PROBLEMS) };
  },
};
