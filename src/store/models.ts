/**
 * Models: trained captioners and search models, with their checkpoints; those that come with the program are files of
 * it, known by their hash.
 */
import { z } from 'zod';
import { Prisma } from '../generated/prisma/client.js';
import type { EncoderId, ModelId, Sha256, TrainingJobId, TrashId } from '../ids.js';
import { DEFAULT_LANGUAGE } from '../language/languages.js';
import { fromBase64, toBase64 } from '../files/base64.js';
import type { StoreClient } from './client.js';
import type { ExecuteSql } from './database.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';
import { dropVectorIndex, EMBEDDING_COLUMNS } from './vector-index.js';
import { keepingIn } from './trash.js';

const settingsSchema = z.object({ language: z.string() });

/** What a model that was trained does: write captions, or set sentences beside photos. */
export type TrainedTask = 'CAPTION' | 'SEARCH';
/** PREDICTIONS are captions that were written elsewhere: they are measured and compared, and write nothing. */
export type ModelTask = TrainedTask | 'PREDICTIONS';

export interface ModelRecord {
  readonly id: ModelId;
  readonly name: string;
  readonly task: ModelTask;
  /** What its photos must be seen by. */
  readonly encoder: EncoderId;
  /** Others it was measured to do as well with. */
  readonly compatibleEncoders: readonly EncoderId[];
  /** A JSON object: the decoder's sizes and what it was trained with. */
  readonly settings: unknown;
  /** What its captions, or the sentences it was trained with, are written in: a BCP 47 tag. */
  readonly language: string;
  /** Where the file lies on the machine that trained it, if an earlier version did and it is not taken in yet. */
  readonly checkpointPath: string | null;
  readonly checkpointSha256: Sha256;
  /** A JSON object: losses and scores it reached; null when unknown. */
  readonly figures: unknown;
  /** It came with the program. */
  readonly shipped: boolean;
  /** The one of its task that is used: new photos are captioned by it, or searches answered. */
  readonly current: boolean;
  /** A person chose it: nothing replaces it by itself. A search model answers once it has embedded every photo. */
  readonly chosen: boolean;
  readonly trainingJobId: TrainingJobId | null;
  readonly createdAt: Date;
}

export interface NewModel {
  readonly name: string;
  /** Default: CAPTION. */
  readonly task?: ModelTask;
  readonly encoder: EncoderId;
  readonly compatibleEncoders?: readonly EncoderId[];
  readonly settings: object;
  /** The file's bytes. */
  readonly checkpoint: Uint8Array;
  readonly checkpointSha256: Sha256;
  readonly figures?: object;
  readonly trainingJobId?: TrainingJobId;
}

/** A model whose file comes with the program. */
export type ShippedModel = Omit<NewModel, 'checkpoint' | 'trainingJobId'>;

/**
 * How much there is of a model: sentences it wrote, what people think of them, photos it embedded, and times it was
 * measured.
 */
export interface ModelDependents {
  readonly captions: number;
  readonly ratings: number;
  readonly embeddings: number;
  readonly evaluations: number;
}

export class ModelRepository {
  constructor(
    private readonly prisma: StoreClient,
    private readonly executeSql: ExecuteSql,
  ) {}

  /**
   * Adds a model; that of a training job which already has one replaces it, so that a repeated end of a job does no
   * harm.
   */
  async add(model: NewModel): Promise<ModelRecord> {
    const { checkpoint, checkpointSha256, trainingJobId } = model;
    const data = { ...toRow(model), checkpointPath: null };
    const [row] = await this.prisma.$transaction([
      trainingJobId === undefined
        ? this.prisma.model.create({ data })
        : this.prisma.model.upsert({ where: { trainingJobId }, create: { ...data, trainingJobId }, update: data }),
      // By the hash, as the id is not known yet: models that share it share the bytes.
      this.prisma.$executeRaw`
        UPDATE "Model" SET "checkpoint" = decode(${toBase64(checkpoint)}, 'base64')
        WHERE "checkpointSha256" = ${checkpointSha256} AND NOT "shipped"`,
    ]);
    return toRecord(row);
  }

  /**
   * Makes a model that comes with the program known, once. It becomes current then where none of its task is, or one of
   * an earlier release that nobody chose, which may be chosen again; but a search model that has embedded photos goes
   * on answering until another has embedded them all.
   */
  async addShipped(model: ShippedModel): Promise<ModelRecord> {
    const { count: added } = await this.prisma.model.createMany({
      data: [{ ...toRow(model), shipped: true }],
      skipDuplicates: true,
    });
    const { checkpointSha256, task } = model;
    const found = await this.prisma.model.findFirstOrThrow({ where: { shipped: true, checkpointSha256 } });
    const current = await this.current(task);
    const replaces =
      current === undefined ||
      (added > 0 && current.shipped && !current.chosen && !(await this.hasEmbedded(current.id)));
    return replaces ? this.makeCurrent(found.id as ModelId) : toRecord(found);
  }

  /** The model of a task that is used. */
  async current(task: ModelTask = 'CAPTION'): Promise<ModelRecord | undefined> {
    const row = await this.prisma.model.findFirst({ where: { current: true, task } });
    return row ? toRecord(row) : undefined;
  }

  /** From now on this model is the one of its task that is used. */
  async makeCurrent(id: ModelId): Promise<ModelRecord> {
    const { task } = await this.prisma.model.findUniqueOrThrow({ where: { id }, select: { task: true } });
    const [, row] = await this.prisma.$transaction([
      this.prisma.model.updateMany({ where: { current: true, task }, data: { current: false } }),
      this.prisma.model.update({ where: { id }, data: { current: true } }),
    ]);
    return toRecord(row);
  }

  /**
   * A person wants this model of its task: it stays until a person wants another. Who captions or answers is not
   * changed.
   */
  async choose(id: ModelId): Promise<ModelRecord> {
    const { task } = await this.prisma.model.findUniqueOrThrow({ where: { id }, select: { task: true } });
    const [, row] = await this.prisma.$transaction([
      this.prisma.model.updateMany({ where: { chosen: true, task }, data: { chosen: false } }),
      this.prisma.model.update({ where: { id }, data: { chosen: true } }),
    ]);
    return toRecord(row);
  }

  /** Whether a search model has embedded any photo. */
  async hasEmbedded(id: ModelId): Promise<boolean> {
    return (await this.prisma.imageEmbedding.findFirst({ where: { modelId: id }, select: { modelId: true } })) !== null;
  }

  /** The models of a task, newest first. */
  async ofTask(task: ModelTask): Promise<ModelRecord[]> {
    return (await this.prisma.model.findMany({ where: { task }, orderBy: { id: 'desc' } })).map(toRecord);
  }

  async find(id: ModelId): Promise<ModelRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.model.findUnique({ where: { id } }) : null;
    return row ? toRecord(row) : undefined;
  }

  /** The model's file; undefined for one that comes with the program, and for one that is not taken in yet. */
  async readCheckpoint(id: ModelId): Promise<Uint8Array | undefined> {
    const rows = await this.prisma.$queryRaw<{ base64: string | null }[]>`
      SELECT encode("checkpoint", 'base64') AS base64 FROM "Model" WHERE "id" = ${id}::uuid`;
    const base64 = rows[0]?.base64 ?? undefined;
    return base64 === undefined ? undefined : fromBase64(base64);
  }

  /** Models that an earlier version trained, whose files are not taken in yet. */
  async withoutCheckpoint(): Promise<ModelRecord[]> {
    const rows = await this.prisma.model.findMany({
      where: { checkpoint: null, checkpointPath: { not: null } },
      orderBy: { id: 'asc' },
    });
    return rows.map(toRecord);
  }

  /** Takes in the file of such a model. */
  async putCheckpoint(id: ModelId, checkpoint: Uint8Array): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE "Model" SET "checkpoint" = decode(${toBase64(checkpoint)}, 'base64'), "checkpointPath" = NULL WHERE "id" = ${id}::uuid`;
  }

  async ofTrainingJob(trainingJobId: TrainingJobId): Promise<ModelRecord | undefined> {
    const row = isRecordId(trainingJobId) ? await this.prisma.model.findUnique({ where: { trainingJobId } }) : null;
    return row ? toRecord(row) : undefined;
  }

  /**
   * Deletes a model that is not in use and did not come with the program, with what it wrote, what people think of
   * that, its embeddings and evaluations.
   *
   * @returns undefined when there is no such model
   */
  async delete(id: ModelId, trash?: TrashId): Promise<ModelDependents | undefined> {
    const where = { modelId: id, model: { current: false, shipped: false } };
    const [, captions, ratings, embeddings, evaluations, models] = await this.prisma.$transaction([
      keepingIn(this.prisma, trash),
      this.prisma.generatedCaption.deleteMany({ where }),
      this.prisma.captionRating.deleteMany({ where }),
      this.prisma.imageEmbedding.deleteMany({ where }),
      this.prisma.evaluation.deleteMany({ where }),
      this.prisma.model.deleteMany({ where: { id, current: false, shipped: false } }),
    ]);
    if (models.count === 0) return undefined;
    await dropVectorIndex(this.executeSql, EMBEDDING_COLUMNS, id);
    return {
      captions: captions.count,
      ratings: ratings.count,
      embeddings: embeddings.count,
      evaluations: evaluations.count,
    };
  }

  /** What the file of a model takes, in bytes; 0 for one that is not there. */
  async bytesOf(id: ModelId): Promise<number> {
    const rows = await this.prisma.$queryRaw<{ bytes: number }[]>`
      SELECT coalesce(octet_length("checkpoint"), 0) AS bytes FROM "Model" WHERE "id" = ${id}::uuid`;
    return rows[0]?.bytes ?? 0;
  }

  /** What `delete` deletes with a model. */
  async dependents(id: ModelId): Promise<ModelDependents> {
    const where = { modelId: id };
    const [captions, ratings, embeddings, evaluations] = await Promise.all([
      this.prisma.generatedCaption.count({ where }),
      this.prisma.captionRating.count({ where }),
      this.prisma.imageEmbedding.count({ where }),
      this.prisma.evaluation.count({ where }),
    ]);
    return { captions, ratings, embeddings, evaluations };
  }

  /** The newest with this file. */
  async withFile(checkpointSha256: Sha256, task?: ModelTask): Promise<ModelRecord | undefined> {
    const row = await this.prisma.model.findFirst({
      where: { checkpointSha256, ...(task && { task }) },
      orderBy: { id: 'desc' },
    });
    return row ? toRecord(row) : undefined;
  }

  /** Whether any model has this file. */
  async hasFile(checkpointSha256: Sha256): Promise<boolean> {
    return (await this.prisma.model.count({ where: { checkpointSha256 } })) > 0;
  }

  /** @param task Default: both. */
  async list(request: PageRequest<ModelId>, task?: ModelTask): Promise<Page<ModelRecord>> {
    const { where, ...rest } = pageQuery(request);
    return toPage(
      (await this.prisma.model.findMany({ where: { id: where, ...(task && { task }) }, ...rest })).map(toRecord),
      request,
    );
  }

  count(task?: ModelTask): Promise<number> {
    return this.prisma.model.count({ where: { ...(task && { task }) } });
  }
}

function toRow(model: ShippedModel) {
  const { name, task = 'CAPTION', encoder, compatibleEncoders = [], settings, checkpointSha256, figures } = model;
  return {
    name,
    task,
    encoder,
    compatibleEncoders: [...compatibleEncoders],
    settings: settings as Prisma.InputJsonObject,
    checkpointSha256,
    figures: figures === undefined ? Prisma.DbNull : (figures as Prisma.InputJsonObject),
  };
}

function toRecord(row: Omit<Prisma.ModelGetPayload<object>, 'checkpoint'>): ModelRecord {
  return {
    ...row,
    id: row.id as ModelId,
    language: settingsSchema.safeParse(row.settings).data?.language ?? DEFAULT_LANGUAGE,
    encoder: row.encoder as EncoderId,
    compatibleEncoders: row.compatibleEncoders as EncoderId[],
    checkpointSha256: row.checkpointSha256 as Sha256,
    trainingJobId: row.trainingJobId as TrainingJobId | null,
  };
}
