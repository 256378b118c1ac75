/**
 * The kinds of jobs over the collection. A new one is a file beside this and a line here. Trainings are jobs of their
 * own.
 */
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { JobKind } from '../kind.js';
import { captionKind } from './caption.js';
import { embedKind } from './embed.js';
import { evaluateKind } from './evaluate.js';
import { exportXmpKind } from './export-xmp.js';
import { importKind } from './import.js';
import { refreshMetadataKind } from './refresh-metadata.js';
import { reindexKind } from './reindex.js';
import { scanLibraryKind } from './scan-library.js';
import type { JobRecord } from '../../store/jobs.js';
import type { Needs } from '../../store/needs.js';

export const JOB_KINDS: readonly JobKind[] = [
  importKind,
  scanLibraryKind,
  embedKind,
  captionKind,
  evaluateKind,
  reindexKind,
  exportXmpKind,
  refreshMetadataKind,
];

const byName = new Map(JOB_KINDS.map((kind) => [kind.kind, kind]));

/** @throws DATABASE_UNAVAILABLE for one that only a newer program has */
export function jobKind(name: string): JobKind {
  const kind = byName.get(name);
  if (!kind)
    throw new EkphrasisError(
      ErrorCode.DatabaseUnavailable,
      `A newer program has begun a job of the kind ${name}, which this one does not know. Update it.`,
    );
  return kind;
}

/** Whether it is in the table: a newer program may work on the same database. */
export function isKnown({ kind }: { readonly kind: string }): boolean {
  return byName.has(kind);
}

/** What a job reads, by its row. */
export function needsOfJob({ kind: name, settings }: Pick<JobRecord, 'kind' | 'settings'>): Needs {
  const kind = jobKind(name);
  return kind.needs(kind.settings.parse(settings));
}
