/** What people think of the sentences models wrote, from 1 to 5. */
import type { Prisma } from '../generated/prisma/client.js';
import type { ImageId, ModelId, RatingId } from '../ids.js';
import { groupByImage } from './group-by-image.js';
import type { StoreClient } from './client.js';
import { isRecordId } from './pages.js';

export interface RatingRecord {
  readonly id: RatingId;
  readonly imageId: ImageId;
  readonly modelId: ModelId;
  /** The caption as it was when it was rated. */
  readonly text: string;
  /** 1 to 5, the best. */
  readonly rating: number;
  readonly createdAt: Date;
}

export type NewRating = Omit<RatingRecord, 'id' | 'createdAt'>;

/** The sentence that ratings are of. */
export type RatedCaption = Pick<RatingRecord, 'imageId' | 'modelId' | 'text'>;

/** All ratings of one sentence together. */
export interface RatingSummary extends RatedCaption {
  /** 1 to 5. */
  readonly mean: number;
  readonly count: number;
}

export class RatingRepository {
  constructor(private readonly prisma: StoreClient) {}

  async add(rating: NewRating): Promise<RatingRecord> {
    return toRecord(await this.prisma.captionRating.create({ data: rating }));
  }

  async find(id: RatingId): Promise<RatingRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.captionRating.findUnique({ where: { id } }) : null;
    return row ? toRecord(row) : undefined;
  }

  /** @returns undefined when there is none with this id of this sentence */
  async replace(id: RatingId, { imageId, modelId, text, rating }: NewRating): Promise<RatingRecord | undefined> {
    if (!isRecordId(id)) return undefined;
    const [row] = await this.prisma.captionRating.updateManyAndReturn({
      where: { id, imageId, modelId, text },
      data: { rating },
    });
    return row ? toRecord(row) : undefined;
  }

  /** Ratings of all sentences of these photos, sentence by sentence. */
  async ofImages(imageIds: readonly ImageId[]): Promise<Map<ImageId, RatingSummary[]>> {
    return groupByImage(await this.summarise({ imageId: { in: imageIds.filter(isRecordId) } }));
  }

  /** Ratings of all that a model wrote, sentence by sentence. */
  ofModel(modelId: ModelId): Promise<RatingSummary[]> {
    return this.summarise({ modelId });
  }

  private async summarise(where: Prisma.CaptionRatingWhereInput): Promise<RatingSummary[]> {
    const groups = await this.prisma.captionRating.groupBy({
      by: ['imageId', 'modelId', 'text'],
      where,
      _avg: { rating: true },
      _count: true,
    });
    return groups.map(({ imageId, modelId, text, _avg, _count }) => {
      return { imageId: imageId as ImageId, modelId: modelId as ModelId, text, mean: _avg.rating ?? 0, count: _count };
    });
  }
}

function toRecord(row: Prisma.CaptionRatingGetPayload<object>): RatingRecord {
  return { ...row, id: row.id as RatingId, imageId: row.imageId as ImageId, modelId: row.modelId as ModelId };
}
