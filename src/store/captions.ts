/** Captions: those people wrote (references) and those models wrote (generated). */
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import type { Prisma } from '../generated/prisma/client.js';
import type { DatasetId, GeneratedCaptionId, ImageId, ModelId, ReferenceCaptionId, Sha256 } from '../ids.js';
import { fromHalf, toHalf } from '../files/half.js';
import { searchText } from './caption-words.js';
import type { StoreClient } from './client.js';
import { findImageIds } from './images.js';
import type { Split } from '../splits.js';
import { groupByImage } from './group-by-image.js';
import { isRecordId } from './pages.js';
import { eachOnce, isOfPeople, OF_PEOPLE, splitOfPeoples, takesPart } from './split-rules.js';

export interface ReferenceCaptionRecord {
  readonly id: ReferenceCaptionId;
  readonly imageId: ImageId;
  readonly text: string;
  /** Counted from 0 within its source. */
  readonly position: number;
  /** The id of the data set it comes from; PERSON, CHOICE or ADOPTED for what people gave here. */
  readonly source: string;
  /** BCP 47. */
  readonly language: string;
}

export interface GeneratedWord {
  readonly word: string;
  /** 0 to 1. */
  readonly probability: number;
  /** Where the writer looked [regions], sums to 1; row by row from the top left. Kept in half precision. */
  readonly attention: Float32Array;
}

export interface GeneratedCaptionRecord {
  readonly id: GeneratedCaptionId;
  readonly imageId: ImageId;
  readonly modelId: ModelId;
  readonly text: string;
  readonly words: readonly GeneratedWord[];
  /** Natural logarithm of the probability of the whole caption. */
  readonly logProbability: number;
  /** BCP 47. */
  readonly language: string;
  readonly createdAt: Date;
}

export interface NewGeneratedCaption extends Omit<GeneratedCaptionRecord, 'id' | 'language' | 'createdAt'> {
  /** BCP 47; picks the stemming that it is searched with. Default: `en`. */
  readonly language?: string | undefined;
}

/** A photo with the sentences people wrote for it. */
export interface CaptionedImage {
  readonly id: ImageId;
  readonly sha256: Sha256;
  readonly name: string;
  readonly captions: readonly string[];
}

export class CaptionRepository {
  constructor(private readonly prisma: StoreClient) {}

  /**
   * Those of people first, then by source and position; what several data sets say of a photo in the same words is
   * there once.
   */
  async referencesOf(imageIds: readonly ImageId[]): Promise<Map<ImageId, ReferenceCaptionRecord[]>> {
    const rows = await this.prisma.referenceCaption.findMany({
      where: { imageId: { in: imageIds.filter(isRecordId) } },
      select: { id: true, imageId: true, text: true, position: true, source: true, language: true },
      orderBy: [{ source: 'asc' }, { position: 'asc' }],
    });
    const groups = groupByImage(
      rows.map((row) => ({ ...row, id: row.id as ReferenceCaptionId, imageId: row.imageId as ImageId })),
    );
    const byPeopleFirst = (a: ReferenceCaptionRecord, b: ReferenceCaptionRecord) =>
      Number(isOfPeople(b)) - Number(isOfPeople(a));
    return new Map([...groups].map(([imageId, captions]) => [imageId, eachOnce([...captions].sort(byPeopleFirst))]));
  }

  /** Stores what a model wrote for an image, in place of what that model wrote before. */
  async putGenerated(caption: NewGeneratedCaption): Promise<GeneratedCaptionRecord> {
    const { imageId, modelId, text, language = 'en', logProbability } = caption;
    const data = { text, language, searchText: searchText(text), logProbability, ...packWords(caption.words) };
    const row = await this.prisma.generatedCaption.upsert({
      where: { imageId_modelId: { imageId, modelId } },
      create: { imageId, modelId, ...data },
      update: { ...data, createdAt: new Date() },
    });
    return toGenerated(row);
  }

  async findGenerated(id: GeneratedCaptionId): Promise<GeneratedCaptionRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.generatedCaption.findUnique({ where: { id } }) : null;
    return row ? toGenerated(row) : undefined;
  }

  /** Newest first. With `modelId` at most one for an image. */
  async generatedOf(imageIds: readonly ImageId[], modelId?: ModelId): Promise<Map<ImageId, GeneratedCaptionRecord[]>> {
    const rows = await this.prisma.generatedCaption.findMany({
      where: { imageId: { in: imageIds.filter(isRecordId) }, modelId },
      orderBy: { createdAt: 'desc' },
    });
    return groupByImage(rows.map(toGenerated));
  }

  /** Ids of photos behind one that a model has written nothing for, oldest first. */
  idsWithout(modelId: ModelId, after: ImageId | undefined, limit: number): Promise<ImageId[]> {
    return findImageIds(this.prisma, { generatedCaptions: { none: { modelId } } }, after, limit);
  }

  /** Ids of photos behind one that other models have written for and this one has not, oldest first. */
  idsOnlyOfOthers(modelId: ModelId, after: ImageId | undefined, limit: number): Promise<ImageId[]> {
    return findImageIds(this.prisma, onlyOfOthers(modelId), after, limit);
  }

  /** How many photos other models have written for and this one has not. */
  countOnlyOfOthers(modelId: ModelId): Promise<number> {
    return this.prisma.image.count({ where: onlyOfOthers(modelId) });
  }

  /**
   * Photos with what a model wrote for them, of which people said nothing here and which may be trained on: in an order
   * by chance that is always the same.
   */
  async ownOf(modelId: ModelId, limit: number): Promise<CaptionedImage[]> {
    const found: CaptionedImage[] = [];
    let after: string | undefined;
    while (found.length < limit) {
      const rows = await this.prisma.image.findMany({
        where: {
          OR: [{ split: 'train' }, { split: null, datasets: { none: {} } }],
          referenceCaptions: { none: OF_PEOPLE },
          generatedCaptions: { some: { modelId } },
          sha256: { gt: after },
        },
        select: {
          id: true,
          sha256: true,
          originalSha256: true,
          name: true,
          split: true,
          generatedCaptions: { where: { modelId }, select: { text: true } },
        },
        orderBy: { sha256: 'asc' },
        take: PAGE,
      });
      for (const { id, name, split, generatedCaptions, ...row } of rows) {
        const heldOut = split === null && splitOfPeoples((row.originalSha256 ?? row.sha256) as Sha256) !== 'train';
        const captions = generatedCaptions.map(({ text }) => text);
        if (!heldOut) found.push({ id: id as ImageId, sha256: row.sha256 as Sha256, name, captions });
      }
      if (rows.length < PAGE) break;
      after = rows.at(-1)?.sha256;
      await turn();
    }
    return found.slice(0, limit);
  }

  /**
   * All photos of these splits that have reference captions, oldest first, read in pages. Photos without a split and
   * the captions people gave here take part by the rules of split-rules.ts.
   *
   * @param dataset only photos of this data set, by its own splits and captions and those of people; uploads where it
   *   is null. Default: those of all
   * @param corrections only captions that people gave here count
   */
  async *captioned(
    splits: readonly Split[],
    dataset?: DatasetId | null,
    corrections = false,
  ): AsyncGenerator<CaptionedImage & { split: Split }> {
    const ofAll = dataset == null ? {} : { source: { in: [dataset, ...OF_PEOPLE.source.in] } };
    const ofDataset = corrections ? OF_PEOPLE : ofAll;
    let after: string | undefined;
    for (;;) {
      const rows = await this.prisma.image.findMany({
        where: {
          OR: [
            { ...splitOf({ in: [...splits] }, dataset), referenceCaptions: { some: ofDataset } },
            { ...splitOf(null, dataset), referenceCaptions: { some: OF_PEOPLE } },
          ],
          id: { gt: after },
        },
        select: {
          id: true,
          sha256: true,
          originalSha256: true,
          name: true,
          split: true,
          datasets: {
            where: { datasetId: dataset ?? undefined },
            select: { split: true },
            take: dataset == null ? 0 : 1,
          },
          referenceCaptions: {
            where: ofDataset,
            select: { text: true, source: true },
            orderBy: [{ source: 'asc' }, { position: 'asc' }],
          },
        },
        orderBy: { id: 'asc' },
        take: PAGE,
      });
      for (const { id, name, datasets, referenceCaptions, ...row } of rows) {
        const split = dataset == null ? row.split : (datasets[0]?.split ?? null);
        const sha256 = (row.originalSha256 ?? row.sha256) as Sha256;
        const part = takesPart({ sha256, split, captions: referenceCaptions });
        if (part && splits.includes(part.split))
          yield { id: id as ImageId, sha256: row.sha256 as Sha256, name, ...part };
      }
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.id;
      await turn();
    }
  }
}

/**
 * The photos of a split: of a data set by its own, else by the most held-out of all they are in; null stands for those
 * in none.
 */
function splitOf(
  split: Prisma.EnumSplitNullableFilter | null,
  dataset: DatasetId | null | undefined,
): Prisma.ImageWhereInput {
  if (dataset === null) return { split, datasets: { none: {} } };
  return dataset === undefined ? { split } : { datasets: { some: { datasetId: dataset, split } } };
}

const onlyOfOthers = (modelId: ModelId) =>
  ({ generatedCaptions: { some: {}, none: { modelId } } }) satisfies Prisma.ImageWhereInput;

/** Photos read at once. The embedded database computes on this thread, which takes a turn for others in between. */
const PAGE = 50;

function toGenerated(row: Prisma.GeneratedCaptionGetPayload<object>): GeneratedCaptionRecord {
  const { id, imageId, modelId, text, words, logProbability, attention, language, createdAt } = row;
  return {
    id: id as GeneratedCaptionId,
    imageId: imageId as ImageId,
    modelId: modelId as ModelId,
    text,
    words: unpackWords(words, attention),
    logProbability,
    language,
    createdAt,
  };
}

/** Little-endian, as is every machine Node runs on. */
function packWords(words: readonly GeneratedWord[]) {
  const attention = toHalf(words.flatMap((word) => Array.from(word.attention)));
  return {
    words: words.map(({ word, probability }) => ({ word, probability })),
    attention: new Uint8Array(attention.buffer, attention.byteOffset, attention.byteLength),
  };
}

const wordsSchema = z.array(z.object({ word: z.string(), probability: z.number() }));

function unpackWords(json: unknown, bytes: Uint8Array): GeneratedWord[] {
  const words = wordsSchema.parse(json);
  const attention = fromHalf(new Uint16Array(bytes.slice().buffer));
  const regions = words.length === 0 ? 0 : attention.length / words.length;
  return words.map((word, index) => ({ ...word, attention: attention.slice(index * regions, (index + 1) * regions) }));
}
