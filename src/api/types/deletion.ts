import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { DeletedImages as DeletedPhotos, DeletedModel as DeletedRecord } from '../../jobs/deletions.js';
import type { ModelDependents as DependentCounts } from '../../store/models.js';

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

@ObjectType({ description: 'What deleteModel deletes with a model.' })
export class ModelDependents {
  constructor(private readonly counts: DependentCounts) {}

  @Field(() => Int, { description: 'Sentences it wrote.' })
  get captions(): number {
    return this.counts.captions;
  }

  @Field(() => Int, { description: 'What people think of them.' })
  get ratings(): number {
    return this.counts.ratings;
  }

  @Field(() => Int, { description: 'Photos that a search model has embedded.' })
  get embeddings(): number {
    return this.counts.embeddings;
  }

  @Field(() => Int, { description: 'Times it was measured.' })
  get evaluations(): number {
    return this.counts.evaluations;
  }
}

@ObjectType({ description: 'What was deleted with a model.' })
export class DeletedModel extends ModelDependents {
  constructor(private readonly deleted: DeletedRecord) {
    super(deleted);
  }

  @Field(() => ID)
  get id(): string {
    return this.deleted.model.id;
  }

  @Field(() => String)
  get name(): string {
    return this.deleted.model.name;
  }
}
