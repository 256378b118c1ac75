import { Ctx, Field, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql';
import type { DatasetRemoval } from '../../collection/remove-dataset.js';
import type { DatasetFigures, DatasetRecord } from '../../store/datasets.js';
import type { ApiContext } from '../context.js';

@ObjectType({ description: 'Photos of each split of a data set.' })
export class DatasetSplits {
  constructor(private readonly splits: DatasetFigures['splits']) {}

  @Field(() => Int)
  get train(): number {
    return this.splits.train;
  }

  @Field(() => Int)
  get dev(): number {
    return this.splits.dev;
  }

  @Field(() => Int)
  get test(): number {
    return this.splits.test;
  }
}

@ObjectType({ description: 'Photos, most with captions, that were imported from one place.' })
export class Dataset {
  constructor(private readonly record: DatasetRecord) {}

  @Field(() => ID)
  get id(): string {
    return this.record.id;
  }

  @Field(() => String, { description: 'What people call it: renameDataset.' })
  get name(): string {
    return this.record.name;
  }

  @Field(() => String, { description: 'The place it came from: a folder, or `scenes`.' })
  get origin(): string {
    return this.record.origin;
  }

  @Field(() => String, { description: 'Such as `flickr8k`, `coco`, `folder`.' })
  get format(): string {
    return this.record.format;
  }

  @Field(() => String, { description: 'Language of its captions, a BCP 47 tag.' })
  get language(): string {
    return this.record.language;
  }

  @Field(() => Int)
  async imageCount(@Ctx() context: ApiContext): Promise<number> {
    return (await this.figures(context)).images;
  }

  @Field(() => Int)
  async captionCount(@Ctx() context: ApiContext): Promise<number> {
    return (await this.figures(context)).captions;
  }

  @Field(() => Int, { description: 'Those of its photos that deleteDataset deletes: they are in no other data set, and nobody has uploaded or captioned them.' })
  exclusiveImageCount(@Ctx() { services }: ApiContext): Promise<number> {
    return services.store.datasetPhotos.countOrphans(this.record.id);
  }

  @Field(() => DatasetSplits)
  async splits(@Ctx() context: ApiContext): Promise<DatasetSplits> {
    return new DatasetSplits((await this.figures(context)).splits);
  }

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When an import of it was last done; null before the first is.' })
  get importedAt(): Date | null {
    return this.record.importedAt;
  }

  private figures({ loaders }: ApiContext): Promise<DatasetFigures> {
    return loaders.datasetFigures.load(this.record.id);
  }
}

@ObjectType({ description: 'A data set that is no more, and what went with it.' })
export class DeletedDataset {
  constructor(private readonly removal: DatasetRemoval) {}

  @Field(() => ID)
  get id(): string {
    return this.removal.dataset.id;
  }

  @Field(() => String)
  get name(): string {
    return this.removal.dataset.name;
  }

  @Field(() => Int, { description: 'Its captions: all were deleted.' })
  get captionCount(): number {
    return this.removal.figures.captions;
  }

  @Field(() => Int, { description: 'Its photos.' })
  get imageCount(): number {
    return this.removal.figures.images;
  }

  @Field(() => Int, { description: 'Those of its photos that were deleted: they were in no other data set, and nobody had uploaded or captioned them.' })
  get deletedImageCount(): number {
    return this.removal.deletedPhotos;
  }
}
