/**
 * The files from which another machine goes on with a training. They change together with the epoch that made them, in
 * one transaction that an attempt which was taken over cannot end (`TrainingJobRepository.putEpoch`). So whoever has
 * begun a training as its newest attempt reads them whole: nobody else can change them meanwhile.
 */
import { createReadStream } from 'node:fs';
import type { TrainingJobId } from '../ids.js';
import { fromBase64, toBase64 } from '../files/base64.js';
import type { StoreClient, StoreTransaction } from './client.js';

export interface TrainingFile {
  /** Such as `progress-3.safetensors`. Its content never changes: what differs has another name. */
  readonly name: string;
  /** Where it lies on this machine. */
  readonly path: string;
}

/** Bytes of a part: what is in memory, and in a statement, at a time. */
const PART_BYTES = 2 ** 20;

export class TrainingFileRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** Names of a job's files, in order. */
  async names(jobId: TrainingJobId): Promise<string[]> {
    const rows = await this.prisma.trainingFile.findMany({
      where: { jobId, part: 0 },
      select: { name: true },
      orderBy: { name: 'asc' },
    });
    return rows.map(({ name }) => name);
  }

  /** A file's bytes, part by part; nothing when there is none. */
  async *read(jobId: TrainingJobId, name: string): AsyncGenerator<Uint8Array> {
    for (let part = 0; ; part += 1) {
      const rows = await this.prisma.$queryRaw<{ base64: string }[]>`
        SELECT encode("bytes", 'base64') AS base64 FROM "TrainingFile"
        WHERE "jobId" = ${jobId}::uuid AND "name" = ${name} AND "part" = ${part}::int`;
      const [row] = rows;
      if (!row) return;
      yield fromBase64(row.base64);
    }
  }
}

/** Makes these the files of a job: those that are not there yet are read from the disk, others are removed. */
export async function replaceTrainingFiles(
  transaction: StoreTransaction,
  jobId: TrainingJobId,
  files: readonly TrainingFile[],
): Promise<void> {
  await transaction.trainingFile.deleteMany({ where: { jobId, name: { notIn: files.map(({ name }) => name) } } });
  const rows = await transaction.trainingFile.findMany({ where: { jobId, part: 0 }, select: { name: true } });
  const known = new Set(rows.map(({ name }) => name));
  for (const { name, path } of files.filter((file) => !known.has(file.name))) {
    let part = 0;
    for await (const bytes of createReadStream(path, { highWaterMark: PART_BYTES }) as AsyncIterable<Buffer>) {
      await transaction.$executeRaw`
        INSERT INTO "TrainingFile" ("jobId", "name", "part", "bytes")
        VALUES (${jobId}::uuid, ${name}, ${part}::int, decode(${toBase64(bytes)}, 'base64'))`;
      part += 1;
    }
  }
}
