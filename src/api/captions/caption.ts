import {
  Ctx,
  Field,
  FieldResolver,
  Float,
  GraphQLISODateTime,
  ID,
  ObjectType,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import { meanProbability } from '../../captioner/mean-probability.js';
import type { DatasetId } from '../../ids.js';
import type { GeneratedCaptionRecord, GeneratedWord, ReferenceCaptionRecord } from '../../store/captions.js';
import { ADOPTED, CHOICE, isOfPeople, PERSON } from '../../store/split-rules.js';
import { VGG16_SHAPE } from '../../vision/vgg16/shape.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { Image } from '../images/image.js';
import { Node } from '../nodes/node.js';
import { Model } from '../models/model.js';

/** Words of a caption, as its cost is reckoned. */
const USUAL_WORDS = 10;
/** Regions a photo is seen in, as the cost is reckoned: VGG16's. */
const USUAL_REGIONS = VGG16_SHAPE.regions;

const ReferenceOrigin = { DATASET: 'dataset', PERSON: 'person', CHOICE: 'choice', ADOPTED: 'adopted' } as const;
registerEnumType(ReferenceOrigin, {
  name: 'ReferenceOrigin',
  valuesConfig: {
    DATASET: { description: 'It came with a data set.' },
    PERSON: { description: 'A person wrote it here, with correctCaption.' },
    CHOICE: { description: 'A model wrote it and a person chose it, with chooseCaption.' },
    ADOPTED: { description: "It stood in the photo's file, and a person made it a caption, with adoptFileCaptions." },
  },
});

@ObjectType({ description: 'A word of a caption.' })
class CaptionWord extends fieldsOf<GeneratedWord>() {
  @Field(() => String)
  declare readonly word: GeneratedWord['word'];

  @Field(() => Float, { description: 'The probability of this word after the words before it, 0 to 1.' })
  declare readonly probability: GeneratedWord['probability'];

  @Field(() => [Float], {
    complexity: USUAL_REGIONS,
    description:
      'Where the model looked: a weight for each region of the photo (VGG16: 7 x 7), row by row from the top left. ' +
      'The weights sum to 1.',
  })
  declare readonly attention: GeneratedWord['attention'];
}

@ObjectType()
export abstract class WrittenCaption {
  @Field(() => String)
  readonly text: string;

  @Field(() => [CaptionWord], { complexity: times(USUAL_WORDS) })
  readonly words: readonly CaptionWord[];

  @Field(() => Float, { description: 'Natural logarithm of the probability of the whole caption.' })
  readonly logProbability: number;

  constructor({ text, words, logProbability }: Pick<GeneratedCaptionRecord, 'text' | 'words' | 'logProbability'>) {
    this.text = text;
    this.words = words.map((word) => new CaptionWord(word));
    this.logProbability = logProbability;
  }

  @Field(() => Float, {
    description:
      "How certain the model was, 0 to 1: the geometric mean of the probabilities of the caption's words and of its " +
      'end.',
  })
  get confidence(): number {
    return meanProbability(this);
  }
}

@ObjectType({ description: 'A caption that a model wrote.', implements: Node })
export class GeneratedCaption extends WrittenCaption {
  readonly imageId: GeneratedCaptionRecord['imageId'];
  readonly modelId: GeneratedCaptionRecord['modelId'];

  @Field(() => ID)
  readonly id: GeneratedCaptionRecord['id'];

  @Field(() => GraphQLISODateTime)
  readonly createdAt: GeneratedCaptionRecord['createdAt'];

  constructor({ id, imageId, modelId, createdAt, ...written }: GeneratedCaptionRecord) {
    super(written);
    this.id = id;
    this.imageId = imageId;
    this.modelId = modelId;
    this.createdAt = createdAt;
  }

  @Field(() => Model)
  async model(@Ctx() { loaders }: ApiContext): Promise<Model> {
    const record = await loaders.models.load(this.modelId);
    if (!record) throw new Error(`the model ${this.modelId} of a caption is gone`);
    return new Model(record);
  }
}

@ObjectType({ description: 'A caption by a person or from a data set.', implements: Node })
export class ReferenceCaption extends fieldsOf<Omit<ReferenceCaptionRecord, 'source'>>() {
  private readonly writtenBy: string;

  constructor({ source, ...record }: ReferenceCaptionRecord) {
    super(record);
    this.writtenBy = source;
  }

  @Field(() => ID)
  declare readonly id: ReferenceCaptionRecord['id'];

  @Field(() => String)
  declare readonly text: ReferenceCaptionRecord['text'];

  @Field(() => String, {
    description: `The name of its data set; ${PERSON}, ${CHOICE} or ${ADOPTED} if a person gave it here.`,
  })
  async source(@Ctx() { loaders }: ApiContext): Promise<string> {
    const { writtenBy } = this;
    if (isOfPeople({ source: writtenBy })) return writtenBy;
    return (await loaders.datasets.load(writtenBy as DatasetId))?.name ?? writtenBy;
  }

  @Field(() => ReferenceOrigin)
  get origin(): string {
    if (this.writtenBy === PERSON) return ReferenceOrigin.PERSON;
    if (this.writtenBy === ADOPTED) return ReferenceOrigin.ADOPTED;
    return this.writtenBy === CHOICE ? ReferenceOrigin.CHOICE : ReferenceOrigin.DATASET;
  }
}

@Resolver(() => Image)
export class CaptionsOfImageResolver {
  @FieldResolver(() => [ReferenceCaption], {
    complexity: times(5),
    description: 'The captions that came with a data set, or that people gave here.',
  })
  async referenceCaptions(@Root() { id }: Image, @Ctx() { loaders }: ApiContext): Promise<ReferenceCaption[]> {
    return (await loaders.references.load(id)).map((record) => new ReferenceCaption(record));
  }

  @FieldResolver(() => [GeneratedCaption], {
    complexity: times(3),
    description: 'The captions that models wrote, one for each model, newest first.',
  })
  async generatedCaptions(@Root() { id }: Image, @Ctx() { loaders }: ApiContext): Promise<GeneratedCaption[]> {
    return (await loaders.generated.load(id)).map((record) => new GeneratedCaption(record));
  }
}
