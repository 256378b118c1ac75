import {
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  Float,
  InputType,
  Int,
  ObjectType,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import type { CaptionOrder } from '../../evaluation/evaluated-captions.js';
import type { ImageId } from '../../ids.js';
import { CAPTION_FIGURES, METRICS } from '../../metrics/all.js';
import { METEOR_STEM } from '../../metrics/meteor-stem.js';
import { captionFigures, type Figures } from '../../metrics/scores.js';
import { exactly } from '../../store/counts.js';
import type { EvaluatedCaptionRecord } from '../../store/evaluations.js';
import { connectionOf, connectionOptions, PageArguments, toContent, toPageRequest } from '../connections.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { enumName } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';
import { Image, loadImage } from '../images/image.js';
import { MetricFigure, metricFigures } from './figures.js';
import { BleuReport } from './report.js';

/** The metrics that judge a single caption, each by the key of that figure. */
const rankings = METRICS.flatMap(({ key, figures }) =>
  figures.flatMap((figure) => (figure.caption ? [{ name: enumName(key), figure }] : [])),
);
const CaptionRanking = Object.fromEntries(rankings.map(({ name, figure }) => [name, figure.key]));
registerEnumType(CaptionRanking, {
  name: 'CaptionRanking',
  description: 'The figure that captions are ordered by.',
  valuesConfig: Object.fromEntries(rankings.map(({ name, figure: { description } }) => [name, { description }])),
});

@ObjectType({ description: 'The caption that a model wrote for a photo during an evaluation, with its scores.' })
class EvaluatedCaption extends fieldsOf<EvaluatedCaptionRecord>() {
  private readonly figures: Figures;

  constructor(record: EvaluatedCaptionRecord) {
    super(record);
    this.figures = captionFigures(record.scores);
  }

  @Field(() => Image)
  image(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.imageId, context);
  }

  @Field(() => String)
  declare readonly text: EvaluatedCaptionRecord['text'];

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

  @Field(() => [MetricFigure], {
    complexity: times(CAPTION_FIGURES.length),
    description: 'Every figure of this caption.',
  })
  get metrics(): readonly MetricFigure[] {
    return metricFigures(this.figures);
  }

  @Field(() => Int, {
    description: 'How much there is to say about the photo: the number of content words that at least two people used.',
  })
  declare readonly contentWords: EvaluatedCaptionRecord['contentWords'];
}

const EvaluatedCaptionConnection = connectionOf('EvaluatedCaption', () => EvaluatedCaption);

@InputType('EvaluatedCaptionOrder', { description: 'How the captions of an evaluation are ordered.' })
class CaptionOrderInput {
  @Field(() => CaptionRanking, { defaultValue: 'cider', description: 'The figure that they are ordered by.' })
  declare readonly by: CaptionOrder['by'];

  @Field(() => Boolean, { defaultValue: false, description: 'Whether the worst come first.' })
  declare readonly worstFirst: boolean;
}

@ArgsType()
class CaptionListArguments extends PageArguments {
  @Field(() => CaptionOrderInput, { defaultValue: {}, description: 'Default: by CIDEr-D, the best first.' })
  declare readonly orderBy: CaptionOrderInput;
}

@Resolver(() => BleuReport)
export class EvaluatedCaptionsResolver {
  @FieldResolver(() => EvaluatedCaptionConnection, {
    ...connectionOptions,
    description:
      'The caption of each photo, the best first. Empty for TRAINING, and for evaluations of earlier versions.',
  })
  async captions(
    @Root() { evaluated }: BleuReport,
    @Args(() => CaptionListArguments) { orderBy, ...page }: CaptionListArguments,
  ) {
    const ranked = await evaluated?.ranked(orderBy, toPageRequest<ImageId>(page));
    const { items, ...place } = ranked ?? { items: [], hasNext: false, hasPrevious: false };
    const captions = { items: items.map((caption) => ({ ...caption, id: caption.imageId })), ...place };
    const count = async () => exactly((await evaluated?.count()) ?? 0);
    return new EvaluatedCaptionConnection(toContent(captions, (caption) => new EvaluatedCaption(caption), count));
  }
}
