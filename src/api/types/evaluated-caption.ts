import { Ctx, Field, Float, Int, ObjectType } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { captionMetricOf } from '../../evaluation/agreement.js';
import type { EvaluatedCaptionRecord } from '../../store/evaluations.js';
import type { ApiContext } from '../context.js';
import { connectionOf } from '../pages.js';
import { METEOR } from './figures.js';
import { Image } from './image.js';

@ObjectType({ description: 'What a model wrote for a photo when it was measured, and its scores.' })
export class EvaluatedCaption {
  constructor(private readonly record: EvaluatedCaptionRecord) {}

  @Field(() => Image)
  async image(@Ctx() { loaders }: ApiContext): Promise<object> {
    const { imageId } = this.record;
    const image = await loaders.images.load(imageId);
    if (!image) throw new EkphrasisError(ErrorCode.NotFound, `The image ${imageId} was deleted meanwhile.`);
    return new Image(image);
  }

  @Field(() => String)
  get text(): string {
    return this.record.text;
  }

  @Field(() => Float, { description: 'BLEU-4 of this caption, with add-one smoothing, 0 to 1.' })
  get bleu(): number {
    return captionMetricOf(this.record, 'bleu4');
  }

  @Field(() => Float, { description: 'CIDEr-D, 0 to 10.' })
  get cider(): number {
    return this.record.cider;
  }

  @Field(() => Float, { description: 'ROUGE-L, 0 to 1.' })
  get rougeL(): number {
    return this.record.rougeL;
  }

  @Field(() => Float, { description: METEOR })
  get meteorStem(): number {
    return this.record.meteorStem;
  }

  @Field(() => Int, { description: 'How much there is to say about the photo: content words on which at least two of those who described it agree.' })
  get contentWords(): number {
    return this.record.contentWords;
  }
}

export const EvaluatedCaptionConnection = connectionOf('EvaluatedCaption', () => EvaluatedCaption);
