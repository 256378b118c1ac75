import { z } from 'zod';
import type { DatasetId } from '../../ids.js';
import type { WholeKind } from '../kind.js';

const settingsSchema = z.object({
  /** Default: photos of all data sets. */
  dataset: z
    .string()
    .transform((id) => id as DatasetId)
    .optional(),
});
export type MetadataRefreshSettings = z.output<typeof settingsSchema>;

const resultSchema = z.object({
  read: z.number(),
  left: z.number(),
  problemCount: z.number(),
  problems: z.array(z.string()),
});
export type MetadataRefreshResult = z.output<typeof resultSchema>;

/** Problems that are kept. */
const KEPT_PROBLEMS = 100;

export const refreshMetadataKind: WholeKind<MetadataRefreshSettings, MetadataRefreshResult> = {
  kind: 'refresh-metadata',
  description: 'Reads again what the files of photos say: dates, cameras, titles, keywords, ratings, captions.',
  settings: settingsSchema,
  result: resultSchema,
  scope: 'write',
  policy: { retries: 4, concurrency: 1 },
  // Photos that go meanwhile are left out.
  needs: () => ({}),
  async run({ dataset }, dependencies, onProgress, signal) {
    const { problems, ...counts } = await dependencies.refreshMetadata(dataset, onProgress, signal);
    return { ...counts, problemCount: problems.length, problems: problems.slice(0, KEPT_PROBLEMS) };
  },
};
