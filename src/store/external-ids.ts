/** What another program calls photos, such as the address of an upload in a site's editor. */
import { EkphrasisError, ErrorCode, found, notFound } from '../errors.js';
import { Prisma } from '../generated/prisma/client.js';
import type { ImageId } from '../ids.js';
import type { StoreClient } from './client.js';
import { type ImageRecord, toImageRecord } from './images.js';
import { isRecordId } from './pages.js';

export class ExternalIdRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** The photo that has it. */
  async find(externalId: string): Promise<ImageRecord | undefined> {
    // Postgres has no NUL in texts, so no photo has it.
    if (externalId.includes('\0')) return undefined;
    const row = await this.prisma.image.findUnique({ where: { externalId } });
    return row ? toImageRecord(row) : undefined;
  }

  /**
   * @param externalId null: the photo loses the one that it has
   * @param takeOver whether another photo that has it loses it. Default: false
   * @throws CONFLICT where another photo has it; NOT_FOUND
   */
  async set(
    id: ImageId,
    externalId: string | null,
    { takeOver = false }: { readonly takeOver?: boolean } = {},
  ): Promise<ImageRecord> {
    if (!isRecordId(id)) throw notFound(`image ${id}`);
    const { image } = this.prisma;
    const losing = { where: { externalId, NOT: { id } }, data: { externalId: null } };
    const changes = await this.prisma
      .$transaction([
        ...(takeOver && externalId !== null ? [image.updateManyAndReturn(losing)] : []),
        image.updateManyAndReturn({ where: { id }, data: { externalId } }),
      ])
      .catch((error: unknown) => {
        if (!isUniqueViolation(error)) throw error;
        const message = `Another photo has the external id ${externalId ?? ''}.`;
        throw new EkphrasisError(ErrorCode.Conflict, message, { cause: error });
      });
    return toImageRecord(found(changes.at(-1)?.[0], `image ${id}`));
  }
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
