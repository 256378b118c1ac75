/**
 * Captions that people give here: reference captions whose source is PERSON, CHOICE or ADOPTED. A data set's are never touched.
 */
import type { Prisma } from '../generated/prisma/client.js';
import type { ImageId, ReferenceCaptionId, Sha256 } from '../ids.js';
import type { ReferenceCaptionRecord } from './captions.js';
import { searchText } from './caption-words.js';
import type { StoreClient } from './client.js';
import type { TrainingSplit } from '../splits.js';
import { isRecordId } from './pages.js';
import { type ADOPTED, type CHOICE, OF_PEOPLE, type PERSON, takesPart } from './split-rules.js';

export type PeopleSource = typeof PERSON | typeof CHOICE | typeof ADOPTED;

/** A photo that people captioned here. */
export interface CorrectedPhoto {
  readonly split: TrainingSplit;
  /** When they last did. */
  readonly at: Date;
}

export class PeopleCaptionRepository {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * Adds a caption behind those of its source. The very same text again is the caption that is there.
   *
   * @param language BCP 47; picks the stemming that it is searched with
   */
  async add(imageId: ImageId, text: string, source: PeopleSource, language = 'en'): Promise<ReferenceCaptionRecord> {
    for (;;) {
      const own = await this.prisma.referenceCaption.findMany({
        where: { imageId, source },
        orderBy: { position: 'desc' },
      });
      const known = own.find((row) => row.text === text);
      if (known) return toRecord(known);
      const data = [
        { imageId, text, language, searchText: searchText(text), source, position: (own[0]?.position ?? -1) + 1 },
      ];
      // Of two that come at once, the unique constraint lets one have the position; the other takes the next.
      const [added] = await this.prisma.referenceCaption.createManyAndReturn({ data, skipDuplicates: true });
      if (added) return toRecord(added);
    }
  }

  async find(id: ReferenceCaptionId): Promise<ReferenceCaptionRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.referenceCaption.findUnique({ where: { id, ...OF_PEOPLE } }) : null;
    return row ? toRecord(row) : undefined;
  }

  /** Photos that people captioned here and that a training learns from or is measured by, by the rules of split-rules.ts. */
  async correctedPhotos(): Promise<CorrectedPhoto[]> {
    const rows = await this.prisma.image.findMany({
      where: { referenceCaptions: { some: OF_PEOPLE } },
      select: {
        sha256: true,
        originalSha256: true,
        split: true,
        referenceCaptions: { where: OF_PEOPLE, select: { text: true, source: true, createdAt: true } },
      },
    });
    return rows.flatMap(({ split, referenceCaptions: captions, ...row }) => {
      const part = takesPart({ sha256: (row.originalSha256 ?? row.sha256) as Sha256, split, captions });
      if (!part || part.split === 'test') return [];
      return [{ split: part.split, at: new Date(Math.max(...captions.map(({ createdAt }) => createdAt.getTime()))) }];
    });
  }

  /** @returns false when there is none with this id */
  async remove(id: ReferenceCaptionId): Promise<boolean> {
    return isRecordId(id) && (await this.prisma.referenceCaption.deleteMany({ where: { id, ...OF_PEOPLE } })).count > 0;
  }
}

function toRecord({
  id,
  imageId,
  text,
  position,
  source,
  language,
}: Prisma.ReferenceCaptionGetPayload<object>): ReferenceCaptionRecord {
  return { id: id as ReferenceCaptionId, imageId: imageId as ImageId, text, position, source, language };
}
