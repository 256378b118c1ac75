import { Arg, Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { CaptionSample as Sample } from '../../collection/caption-samples.js';
import { GeneratedCaption } from '../captions/caption.js';
import type { ApiContext } from '../context.js';
import { PRICES } from '../costs.js';
import { Image } from '../images/image.js';
import { BleuReport } from './report.js';
import { Needs } from '../scopes.js';

@ObjectType({ description: 'A photo with the caption that the model writes for it.' })
class CaptionSample {
  @Field(() => Image)
  readonly image: Image;

  @Field(() => GeneratedCaption)
  readonly caption: GeneratedCaption;

  constructor({ image, caption }: Sample) {
    this.image = new Image(image);
    this.caption = new GeneratedCaption(caption);
  }
}

@Resolver(() => BleuReport)
export class SamplesResolver {
  @Needs('caption')
  @FieldResolver(() => [CaptionSample], {
    complexity: ({ args, childComplexity }) =>
      1 + (PRICES.sample + childComplexity) * (typeof args['first'] === 'number' ? args['first'] : 1),
    description:
      "The first photos of the split with the model's captions. Captions that do not exist yet are written now.",
  })
  async samples(
    @Root() { model, split }: BleuReport,
    @Arg('first', () => Int, { defaultValue: 5, description: 'The number of photos, from 1 to 20.' }) first: number,
    @Ctx() { services }: ApiContext,
  ): Promise<CaptionSample[]> {
    return (await services.captionSamples({ model, split, first })).map((sample) => new CaptionSample(sample));
  }
}
