import { Ctx, Field, Float, Int, ObjectType } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { CAPTION_FIGURES } from '../../metrics/all.js';
import { METEOR_STEM } from '../../metrics/meteor-stem.js';
import { captionFigures, type Figures } from '../../metrics/scores.js';
import type { EvaluatedCaptionRecord } from '../../store/evaluations.js';
import type { ApiContext } from '../context.js';
import { times } from '../limits.js';
import { connectionOf } from '../pages.js';
import { MetricFigure, metricFigures } from './figures.js';
import { Image } from './image.js';

@ObjectType({ description: 'What a model wrote for a photo when it was measured, and its scores.' })
export class EvaluatedCaption {
  private readonly figures: Figures;

  constructor(private readonly record: EvaluatedCaptionRecord) {
    this.figures = captionFigures(record.scores);
  }

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
  get bleu(): number | undefined {
    return this.figures.bleu4;
  }

  @Field(() => Float, { description: 'CIDEr-D, 0 to 10.' })
  get cider(): number | undefined {
    return this.figures.cider;
  }

  @Field(() => Float, { description: 'ROUGE-L, 0 to 1.' })
  get rougeL(): number | undefined {
    return this.figures.rougeL;
  }

  @Field(() => Float, { description: METEOR_STEM })
  get meteorStem(): number | undefined {
    return this.figures.meteorStem;
  }

  @Field(() => [MetricFigure], { complexity: times(CAPTION_FIGURES.length), description: 'All that is measured of a caption by itself.' })
  get metrics(): readonly MetricFigure[] {
    return metricFigures(this.figures);
  }

  @Field(() => Int, { description: 'How much there is to say about the photo: content words on which at least two of those who described it agree.' })
  get contentWords(): number {
    return this.record.contentWords;
  }
}

export const EvaluatedCaptionConnection = connectionOf('EvaluatedCaption', () => EvaluatedCaption);
