import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { DeletedImages as DeletedPhotos, DeletedModel as DeletedRecord } from '../../jobs/deletions.js';

@ObjectType({ description: 'What was deleted with photos.' })
export class DeletedImages {
  constructor(private readonly deleted: DeletedPhotos) {}

  @Field(() => Int, { description: 'Photos.' })
  get images(): number {
    return this.deleted.images;
  }

  @Field(() => Int, { description: 'Ids of which there was no photo.' })
  get notThere(): number {
    return this.deleted.notThere;
  }

  @Field(() => Int, { description: 'Sentences of data sets and of people.' })
  get referenceCaptions(): number {
    return this.deleted.referenceCaptions;
  }

  @Field(() => Int, { description: 'Sentences of models.' })
  get generatedCaptions(): number {
    return this.deleted.generatedCaptions;
  }

  @Field(() => Int)
  get ratings(): number {
    return this.deleted.ratings;
  }

  @Field(() => Int, { description: 'Evaluations that had measured on them. Their figures stay; see deletedImages of BleuReport.' })
  get evaluations(): number {
    return this.deleted.evaluations;
  }
}

@ObjectType({ description: 'What was deleted with a model.' })
export class DeletedModel {
  constructor(private readonly deleted: DeletedRecord) {}

  @Field(() => ID)
  get id(): string {
    return this.deleted.model.id;
  }

  @Field(() => String)
  get name(): string {
    return this.deleted.model.name;
  }

  @Field(() => Int, { description: 'Sentences it wrote.' })
  get captions(): number {
    return this.deleted.captions;
  }

  @Field(() => Int)
  get ratings(): number {
    return this.deleted.ratings;
  }

  @Field(() => Int)
  get embeddings(): number {
    return this.deleted.embeddings;
  }

  @Field(() => Int)
  get evaluations(): number {
    return this.deleted.evaluations;
  }
}
