import { Arg, Ctx, Field, Float, GraphQLISODateTime, Int, ObjectType } from 'type-graphql';
import type { GeneratedCaptionRecord } from '../../store/captions.js';
import type { ImageRecord, Split as SplitName } from '../../store/images.js';
import type { ModelRecord } from '../../store/models.js';
import type { ApiContext } from '../context.js';
import { timesFirst } from '../limits.js';
import { captionSamples } from '../samples.js';
import { GeneratedCaption } from './caption.js';
import { ReportOrigin, Split } from './enums.js';
import { Image } from './image.js';
import { Model } from './model.js';

/** What is known of a model on a split. */
export interface ReportRecord {
  readonly model: ModelRecord;
  readonly split: SplitName;
  readonly origin: 'evaluation' | 'training';
  readonly bleu: readonly number[];
  readonly cider: number;
  readonly images?: number;
  readonly brevityPenalty?: number;
  readonly rougeL?: number;
  readonly signature?: string;
  readonly measuredAt: Date;
}

@ObjectType({ description: 'A photo with what the model writes for it.' })
export class CaptionSample {
  @Field(() => Image)
  readonly image: Image;

  @Field(() => GeneratedCaption)
  readonly caption: GeneratedCaption;

  constructor(image: ImageRecord, caption: GeneratedCaptionRecord) {
    this.image = new Image(image);
    this.caption = new GeneratedCaption(caption);
  }
}

@ObjectType({ description: "What a model's captions are worth, measured against what people wrote." })
export class BleuReport {
  constructor(private readonly record: ReportRecord) {}

  @Field(() => Model)
  get model(): object {
    return new Model(this.record.model);
  }

  @Field(() => Split)
  get split(): string {
    return this.record.split;
  }

  @Field(() => ReportOrigin)
  get origin(): string {
    return this.record.origin;
  }

  @Field(() => [Float], { description: 'BLEU-1 to BLEU-4 of the corpus, 0 to 1.' })
  get bleu(): readonly number[] {
    return this.record.bleu;
  }

  @Field(() => Float, { nullable: true, description: '1 when captions are as long as references or longer. Null for TRAINING.' })
  get brevityPenalty(): number | undefined {
    return this.record.brevityPenalty;
  }

  @Field(() => Float, { description: 'CIDEr-D, 0 to 10.' })
  get cider(): number {
    return this.record.cider;
  }

  @Field(() => Float, { nullable: true, description: 'ROUGE-L, 0 to 1. Null for TRAINING.' })
  get rougeL(): number | undefined {
    return this.record.rougeL;
  }

  @Field(() => Int, { nullable: true, description: 'Photos that were captioned. Null for TRAINING.' })
  get images(): number | undefined {
    return this.record.images;
  }

  @Field(() => String, {
    nullable: true,
    description: 'How it was measured, as sacreBLEU prints it; only figures of one signature can be compared. Null for TRAINING.',
  })
  get signature(): string | undefined {
    return this.record.signature;
  }

  @Field(() => GraphQLISODateTime)
  get measuredAt(): Date {
    return this.record.measuredAt;
  }

  @Field(() => [CaptionSample], {
    complexity: timesFirst,
    description: 'The first photos of the split with what the model writes for them; what it has not written yet it writes now.',
  })
  async samples(
    @Arg('first', () => Int, { defaultValue: 5, description: 'How many, from 1 to 20.' }) first: number,
    @Ctx() { services }: ApiContext,
  ): Promise<CaptionSample[]> {
    const { model, split } = this.record;
    return (await captionSamples(services, model, split, first)).map(({ image, caption }) => new CaptionSample(image, caption));
  }
}
