/** What comes of a scan, as the library and its job keep it. */
import { z } from 'zod';
import { ErrorCode } from '../errors.js';
import type { TrashId } from '../ids.js';

export const scanReportSchema = z.object({
  /** The library as it is called now. */
  library: z.string(),
  libraryId: z.string(),
  /** Folders that were looked at, where it was not all of the library. */
  folders: z.number().optional(),
  /** Files of photos that are there. */
  files: z.number(),
  /** Those that are as they were. */
  unchanged: z.number(),
  /** Photos that are new in the collection. */
  added: z.number(),
  /** New files whose photos were in the collection before. */
  alreadyThere: z.number(),
  /** Files that show another picture than before. */
  changed: z.number(),
  /** Files whose photos were edited: turned, cropped, developed anew. They are the same photos still. */
  edited: z.number().default(0),
  /** Files that are other bytes and the same picture: what they say of themselves has changed, or their .xmp files have. */
  retold: z.number(),
  /** Files that were moved or renamed. */
  moved: z.number(),
  /** Files that were missing and are there again. */
  returned: z.number(),
  /** Files that are missing since this scan. */
  missing: z.number(),
  /** Photos that nothing has any more: other pictures are in their files. */
  deletedPhotos: z.number(),
  /** Where they can be brought back from. */
  trash: z
    .string()
    .transform((id) => id as TrashId)
    .optional(),
  /** Kinds of problems. */
  problemCount: z.number(),
  problems: z.array(z.object({ kind: z.string(), message: z.string(), count: z.number() })),
});
export type ScanReport = z.output<typeof scanReportSchema>;

/** What a library keeps of its last scan: its report, or why it failed. */
export const lastScanSchema = z.union([
  z.object({ report: scanReportSchema }),
  z.object({ error: z.object({ code: z.enum(ErrorCode), message: z.string() }) }),
]);
export type LastScan = z.output<typeof lastScanSchema>;

/** Kinds of problems that are kept. */
export const KEPT_PROBLEMS = 100;
