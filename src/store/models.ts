/** Models: trained captioners. The checkpoint itself is a file; the record knows where it lies and what it must hash to. */
import { Prisma } from '../generated/prisma/client.js';
import type { EncoderId, ModelId, Sha256, TrainingJobId } from '../ids.js';
import type { StoreClient } from './client.js';
import { isRecordId, type Page, pageQuery, type PageRequest, toPage } from './pages.js';

export interface ModelRecord {
  readonly id: ModelId;
  readonly name: string;
  /** What its photos must be seen by. */
  readonly encoder: EncoderId;
  /** Others it was measured to caption for as well. */
  readonly compatibleEncoders: readonly EncoderId[];
  /** A JSON object: the decoder's sizes and what it was trained with. */
  readonly settings: unknown;
  readonly checkpointPath: string;
  readonly checkpointSha256: Sha256;
  /** A JSON object: losses and scores it reached; null when unknown. */
  readonly figures: unknown;
  /** It came with the program. */
  readonly shipped: boolean;
  /** New photos are captioned by it. */
  readonly current: boolean;
  readonly trainingJobId: TrainingJobId | null;
  readonly createdAt: Date;
}

export interface NewModel {
  readonly name: string;
  readonly encoder: EncoderId;
  readonly compatibleEncoders?: readonly EncoderId[];
  readonly settings: object;
  readonly checkpointPath: string;
  readonly checkpointSha256: Sha256;
  readonly figures?: object;
  readonly trainingJobId?: TrainingJobId;
}

export class ModelRepository {
  constructor(private readonly prisma: StoreClient) {}

  /** Adds a model; that of a training job which already has one replaces it, so that a repeated end of a job does no harm. */
  async add(model: NewModel): Promise<ModelRecord> {
    const data = toRow(model);
    const { trainingJobId } = model;
    return toRecord(
      trainingJobId === undefined
        ? await this.prisma.model.create({ data })
        : await this.prisma.model.upsert({ where: { trainingJobId }, create: { ...data, trainingJobId }, update: data }),
    );
  }

  /** Makes a model that comes with the program known, once. It becomes current where none is, or one of an earlier release. */
  async addShipped(model: Omit<NewModel, 'trainingJobId'>): Promise<ModelRecord> {
    await this.prisma.model.createMany({ data: [{ ...toRow(model), shipped: true }], skipDuplicates: true });
    const { checkpointSha256 } = model;
    const found = await this.prisma.model.findFirstOrThrow({ where: { shipped: true, checkpointSha256 } });
    if (found.checkpointPath !== model.checkpointPath) {
      // The program was installed somewhere else.
      await this.prisma.model.update({ where: { id: found.id }, data: { checkpointPath: model.checkpointPath } });
    }
    const current = await this.current();
    const replaces = current === undefined || (current.shipped && current.id < found.id);
    return replaces ? this.makeCurrent(found.id as ModelId) : toRecord({ ...found, checkpointPath: model.checkpointPath });
  }

  /** The model that captions new photos. */
  async current(): Promise<ModelRecord | undefined> {
    const row = await this.prisma.model.findFirst({ where: { current: true } });
    return row ? toRecord(row) : undefined;
  }

  /** From now on new photos are captioned by this model. */
  async makeCurrent(id: ModelId): Promise<ModelRecord> {
    const [, row] = await this.prisma.$transaction([
      this.prisma.model.updateMany({ where: { current: true }, data: { current: false } }),
      this.prisma.model.update({ where: { id }, data: { current: true } }),
    ]);
    return toRecord(row);
  }

  async find(id: ModelId): Promise<ModelRecord | undefined> {
    const row = isRecordId(id) ? await this.prisma.model.findUnique({ where: { id } }) : null;
    return row ? toRecord(row) : undefined;
  }

  async ofTrainingJob(trainingJobId: TrainingJobId): Promise<ModelRecord | undefined> {
    const row = isRecordId(trainingJobId) ? await this.prisma.model.findUnique({ where: { trainingJobId } }) : null;
    return row ? toRecord(row) : undefined;
  }

  async list(request: PageRequest<ModelId>): Promise<Page<ModelRecord>> {
    const { where, ...rest } = pageQuery(request);
    return toPage((await this.prisma.model.findMany({ where: { id: where }, ...rest })).map(toRecord), request);
  }

  count(): Promise<number> {
    return this.prisma.model.count();
  }
}

function toRow(model: Omit<NewModel, 'trainingJobId'>) {
  const { name, encoder, compatibleEncoders = [], settings, checkpointPath, checkpointSha256, figures } = model;
  return {
    name,
    encoder,
    compatibleEncoders: [...compatibleEncoders],
    settings: settings as Prisma.InputJsonObject,
    checkpointPath,
    checkpointSha256,
    figures: figures === undefined ? Prisma.DbNull : (figures as Prisma.InputJsonObject),
  };
}

function toRecord(row: Prisma.ModelGetPayload<object>): ModelRecord {
  return {
    ...row,
    id: row.id as ModelId,
    encoder: row.encoder as EncoderId,
    compatibleEncoders: row.compatibleEncoders as EncoderId[],
    checkpointSha256: row.checkpointSha256 as Sha256,
    trainingJobId: row.trainingJobId as TrainingJobId | null,
  };
}
