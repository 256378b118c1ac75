import { Ctx, Field, Float, GraphQLISODateTime, ID, ObjectType } from 'type-graphql';
import type { CaptionedPhoto } from '../../collection/caption-photo.js';
import type { GeneratedCaptionRecord, GeneratedWord, ReferenceCaptionRecord } from '../../store/captions.js';
import type { ApiContext } from '../context.js';
import { times } from '../limits.js';
import { Image } from './image.js';
import { Model } from './model.js';

/** Words of a caption, as its cost is reckoned. */
const USUAL_WORDS = 10;
/** Regions a photo is seen in. */
const REGIONS = 49;

@ObjectType({ description: 'A word of a caption.' })
export class CaptionWord {
  constructor(private readonly record: GeneratedWord) {}

  @Field(() => String)
  get word(): string {
    return this.record.word;
  }

  @Field(() => Float, { description: 'How sure the model was of this word after those before it, 0 to 1.' })
  get probability(): number {
    return this.record.probability;
  }

  @Field(() => [Float], {
    complexity: REGIONS,
    description: 'Where it looked: a weight for each of 7 x 7 regions, row by row from the top left; they sum to 1.',
  })
  get attention(): readonly number[] {
    return Array.from(this.record.attention);
  }
}

@ObjectType({ description: 'A sentence a model wrote.' })
export class GeneratedCaption {
  constructor(private readonly record: GeneratedCaptionRecord) {}

  @Field(() => String)
  get text(): string {
    return this.record.text;
  }

  @Field(() => [CaptionWord], { complexity: times(USUAL_WORDS) })
  get words(): readonly CaptionWord[] {
    return toWords(this.record);
  }

  @Field(() => Float, { description: 'Natural logarithm of the probability of the whole caption.' })
  get logProbability(): number {
    return this.record.logProbability;
  }

  @Field(() => GraphQLISODateTime)
  get createdAt(): Date {
    return this.record.createdAt;
  }

  @Field(() => Model)
  async model(@Ctx() { loaders }: ApiContext): Promise<Model> {
    const record = await loaders.models.load(this.record.modelId);
    if (!record) throw new Error(`the model ${this.record.modelId} of a caption is gone`);
    return new Model(record);
  }
}

@ObjectType({ description: 'A sentence a person wrote.' })
export class ReferenceCaption {
  constructor(private readonly record: ReferenceCaptionRecord) {}

  @Field(() => String)
  get text(): string {
    return this.record.text;
  }

  @Field(() => String, { description: 'The data set it comes from, or who wrote it.' })
  get source(): string {
    return this.record.source;
  }
}

@ObjectType({ description: 'What became of an uploaded photo.' })
export class CaptionedImage {
  constructor(private readonly photo: CaptionedPhoto) {}

  @Field(() => ID, { description: "The image's id." })
  get id(): string {
    return this.photo.image.id;
  }

  @Field(() => String, { description: 'The caption.' })
  get text(): string {
    return this.photo.caption.text;
  }

  @Field(() => [CaptionWord], { complexity: times(USUAL_WORDS) })
  get words(): readonly CaptionWord[] {
    return toWords(this.photo.caption);
  }

  @Field(() => Float, { description: 'Natural logarithm of the probability of the whole caption.' })
  get logProbability(): number {
    return this.photo.caption.logProbability;
  }

  @Field(() => Boolean, { description: 'The very same photo was there already; it is not stored again.' })
  get duplicate(): boolean {
    return !this.photo.isNew;
  }

  @Field(() => Image)
  get image(): object {
    return new Image(this.photo.image);
  }

  @Field(() => Model, { description: 'Who wrote the caption.' })
  get model(): object {
    return new Model(this.photo.model);
  }
}

function toWords({ words }: GeneratedCaptionRecord): CaptionWord[] {
  return words.map((word) => new CaptionWord(word));
}
