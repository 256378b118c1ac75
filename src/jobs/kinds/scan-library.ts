import { z } from 'zod';
import type { LibraryId } from '../../ids.js';
import { scanPlaceSchema } from '../../libraries/scan-places.js';
import { type ScanReport, scanReportSchema } from '../../libraries/scan-report.js';
import type { WholeKind } from '../kind.js';

const settingsSchema = z.object({
  library: z.string().transform((id) => id as LibraryId),
  retryProblems: z.boolean().default(false),
  acceptLosses: z.boolean().default(false),
  /** Where something has changed. Default: everywhere. */
  places: z.array(scanPlaceSchema).optional(),
});
export type ScanSettings = z.output<typeof settingsSchema>;

export const scanLibraryKind: WholeKind<ScanSettings, ScanReport> = {
  kind: 'scan-library',
  description: 'Looks at the files of a library, and brings what is new or changed into the collection.',
  settings: settingsSchema,
  result: scanReportSchema,
  scope: 'write',
  policy: { retries: 4, concurrency: 1 },
  needs: ({ library }) => ({ library }),
  run({ library, ...options }, dependencies, onProgress, signal) {
    return dependencies.scanLibrary(library, { ...options, onProgress, signal });
  },
};
