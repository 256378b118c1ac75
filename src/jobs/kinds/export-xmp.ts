import { z } from 'zod';
import type { DatasetId, LibraryId } from '../../ids.js';
import type { WholeKind } from '../kind.js';

const settingsSchema = z.object({
  into: z.enum(['sidecar', 'photo']),
  field: z.enum(['altText', 'description']),
  reviewed: z.boolean(),
  /** Default: any. */
  language: z.string().optional(),
  /** Default: photos of all data sets. */
  dataset: z
    .string()
    .transform((id) => id as DatasetId)
    .optional(),
  /** Default: photos of all libraries, and of none. */
  library: z
    .string()
    .transform((id) => id as LibraryId)
    .optional(),
  dryRun: z.boolean(),
  /** Photos elsewhere are left alone. */
  within: z.string().optional(),
});
export type XmpExportSettings = z.output<typeof settingsSchema>;

const resultSchema = z.object({
  written: z.number(),
  same: z.number(),
  kept: z.number(),
  removed: z.number(),
  uncaptioned: z.number(),
  noFile: z.number(),
  changed: z.number(),
  failed: z.number(),
  problems: z.array(z.string()),
});
export type XmpExportResult = z.output<typeof resultSchema>;

/** Problems that are kept. */
const KEPT_PROBLEMS = 100;

export const exportXmpKind: WholeKind<XmpExportSettings, XmpExportResult> = {
  kind: 'export-xmp',
  description: 'Writes captions into photos or beside them.',
  settings: settingsSchema,
  result: resultSchema,
  scope: 'admin',
  policy: { retries: 4, concurrency: 1 },
  // Photos that go meanwhile are left out.
  needs: () => ({}),
  async run(settings, dependencies, onProgress, signal) {
    const { problems, ...counts } = await dependencies.exportXmp(settings, onProgress, signal);
    return { ...counts, problems: problems.slice(0, KEPT_PROBLEMS) };
  },
};
