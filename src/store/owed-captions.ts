/**
 * Photos that were sent to be captioned and have no caption yet. `ImageRepository.add` notes them, and a trigger takes the
 * note away with the first caption, so that what is left belongs to processes that are at it, or were lost.
 */
import type { ImageId, JobId } from '../ids.js';
import type { StoreClient } from './client.js';
import { type JobRecord, toJobRecord } from './jobs.js';

export class OwedCaptionRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** Whether photos that no job has been given were stored before this moment. */
  async hasOlder(than: Date): Promise<boolean> {
    return (await this.prisma.owedCaption.count({ where: unassigned(than), take: 1 })) > 0;
  }

  /**
   * Makes a job of those photos, each of which is given to one job only.
   *
   * @returns undefined where there are none
   */
  handOver(
    { kind, settings }: Pick<JobRecord, 'kind'> & { readonly settings: object },
    olderThan: Date,
  ): Promise<JobRecord | undefined> {
    return this.prisma.$transaction(async (own) => {
      const row = await own.job.create({ data: { kind, settings } });
      const given = await own.owedCaption.updateMany({ where: unassigned(olderThan), data: { jobId: row.id } });
      if (given.count > 0) return toJobRecord(row);
      await own.job.delete({ where: { id: row.id } });
      return undefined;
    });
  }

  /** Photos that a job was given, behind one, oldest first. */
  async ofJob(jobId: JobId, after: ImageId | undefined, limit: number): Promise<ImageId[]> {
    const rows = await this.prisma.owedCaption.findMany({
      where: { jobId, imageId: { gt: after } },
      select: { imageId: true },
      orderBy: { imageId: 'asc' },
      take: limit,
    });
    return rows.map(({ imageId }) => imageId as ImageId);
  }

  /** Forgets what a job was given that had a caption before. */
  async settle(jobId: JobId): Promise<void> {
    await this.prisma.owedCaption.deleteMany({ where: { jobId } });
  }
}

const unassigned = (olderThan: Date) => ({ jobId: null, since: { lt: olderThan } });
