import { Arg, Ctx, Field, Float, GraphQLISODateTime, ID, Int, ObjectType } from 'type-graphql';
import type { Caption } from '../../captioner/captioner.js';
import type { CaptionedPhoto } from '../../collection/caption-photo.js';
import type { DatasetId } from '../../ids.js';
import type { GeneratedCaptionRecord, GeneratedWord, ReferenceCaptionRecord } from '../../store/captions.js';
import { CHOICE, isOfPeople, PERSON } from '../../store/split-rules.js';
import { VGG16_SHAPE } from '../../vision/vgg16/shape.js';
import { candidatesOptions, checkCandidates, FIRST_CANDIDATES } from '../candidates.js';
import type { ApiContext } from '../context.js';
import { times } from '../limits.js';
import { ReferenceOrigin } from './enums.js';
import { Image } from './image.js';
import { Model } from './model.js';
import { RatingSummary } from './rating.js';

/** Words of a caption, as its cost is reckoned. */
const USUAL_WORDS = 10;
/** Regions a photo is seen in, as the cost is reckoned: VGG16's. */
const USUAL_REGIONS = VGG16_SHAPE.regions;

const CONFIDENCE = 'How sure the model was, 0 to 1: the geometric mean of the probabilities of its words and of its end.';

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
    complexity: USUAL_REGIONS,
    description: 'Where it looked: a weight for each region that the encoder gives (VGG16: 7 x 7), row by row from the top left; they sum to 1.',
  })
  get attention(): readonly number[] {
    return Array.from(this.record.attention);
  }
}

/** What a model wrote, kept or not. */
type Written = Pick<GeneratedCaptionRecord, 'text' | 'words' | 'logProbability'>;

@ObjectType()
abstract class WrittenCaption<Record extends Written> {
  constructor(protected readonly record: Record) {}

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

  @Field(() => Float, { description: CONFIDENCE })
  get confidence(): number {
    return confidenceOf(this.record);
  }
}

@ObjectType({ description: 'A sentence a model could write for a photo. It is not kept: see chooseCaption.' })
export class CaptionCandidate extends WrittenCaption<Caption> {}

@ObjectType({ description: 'A sentence a model wrote.' })
export class GeneratedCaption extends WrittenCaption<GeneratedCaptionRecord> {
  @Field(() => ID)
  get id(): string {
    return this.record.id;
  }

  @Field(() => RatingSummary, { nullable: true, description: 'What people think of it: rateCaption. Null while nobody has rated it.' })
  async rating(@Ctx() { loaders }: ApiContext): Promise<RatingSummary | undefined> {
    const { imageId, modelId, text } = this.record;
    const found = (await loaders.ratings.load(imageId)).find((rated) => rated.modelId === modelId && rated.text === text);
    return found && new RatingSummary(found);
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

@ObjectType({ description: 'A sentence of a person or of a data set.' })
export class ReferenceCaption {
  constructor(private readonly record: ReferenceCaptionRecord) {}

  @Field(() => ID)
  get id(): string {
    return this.record.id;
  }

  @Field(() => String)
  get text(): string {
    return this.record.text;
  }

  @Field(() => String, { description: `The name of the data set it comes from; ${PERSON} or ${CHOICE} for what people gave here.` })
  async source(@Ctx() { loaders }: ApiContext): Promise<string> {
    const { source } = this.record;
    return isOfPeople(this.record) ? source : ((await loaders.datasets.load(source as DatasetId))?.name ?? source);
  }

  @Field(() => ReferenceOrigin)
  get origin(): string {
    const { source } = this.record;
    return source === PERSON ? ReferenceOrigin.PERSON : source === CHOICE ? ReferenceOrigin.CHOICE : ReferenceOrigin.DATASET;
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

  @Field(() => Float, { description: CONFIDENCE })
  get confidence(): number {
    return confidenceOf(this.photo.caption);
  }

  @Field(() => GeneratedCaption, { description: 'The caption as it is kept, with the id it is rated by.' })
  get caption(): object {
    return new GeneratedCaption(this.photo.caption);
  }

  @Field(() => [CaptionCandidate], {
    ...candidatesOptions,
    description: 'What the model could write, the likeliest first: the caption, and others to choose from.',
  })
  async candidates(@Arg('first', () => Int, FIRST_CANDIDATES) first: number, @Ctx() { services }: ApiContext): Promise<CaptionCandidate[]> {
    checkCandidates(first);
    const { candidates, image, model } = this.photo;
    const all = candidates ?? (await services.captionCandidates(image.id, model));
    return all.slice(0, first).map((caption) => new CaptionCandidate(caption));
  }

  @Field(() => Boolean, { description: 'The very same photo was there already; it is not stored again.' })
  get duplicate(): boolean {
    return !this.photo.isNew;
  }

  @Field(() => [String], { description: 'What is to be known of the file, in a sentence each: that its end is missing. Usually none.' })
  get notices(): readonly string[] {
    return this.photo.notices;
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

function toWords({ words }: Written): CaptionWord[] {
  return words.map((word) => new CaptionWord(word));
}

function confidenceOf({ logProbability, words }: Written): number {
  return Math.exp(logProbability / (words.length + 1));
}
