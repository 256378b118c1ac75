import { Ctx, Field, Float, ObjectType } from 'type-graphql';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { SearchHit as Hit } from '../../search/search-images.js';
import type { ApiContext } from '../context.js';
import { connectionOf } from '../pages.js';
import { CaptionOrigin } from './enums.js';
import { Image } from './image.js';

@ObjectType({ description: 'A piece of a caption.' })
export class TextPart {
  @Field(() => String)
  readonly text: string;

  @Field(() => Boolean, { description: 'It is what was searched for, in some form.' })
  readonly matches: boolean;

  constructor(text: string, matches: boolean) {
    this.text = text;
    this.matches = matches;
  }
}

@ObjectType({ description: 'A photo one of whose captions says what was searched for.' })
export class SearchHit {
  constructor(private readonly hit: Hit) {}

  @Field(() => Image)
  async image(@Ctx() { loaders }: ApiContext): Promise<Image> {
    const record = await loaders.images.load(this.hit.imageId);
    if (!record) throw new EkphrasisError(ErrorCode.NotFound, `The image ${this.hit.imageId} was deleted during the search.`);
    return new Image(record);
  }

  @Field(() => String, { description: "The photo's caption that says it best." })
  get caption(): string {
    return this.hit.caption;
  }

  @Field(() => [TextPart], { description: 'The same caption in pieces, those that match marked.' })
  get parts(): readonly TextPart[] {
    return this.hit.parts.map(({ text, matches }) => new TextPart(text, matches));
  }

  @Field(() => CaptionOrigin, { description: 'Who wrote the caption.' })
  get origin(): string {
    return this.hit.origin;
  }

  @Field(() => Float, { description: 'The higher the better; comparable within one search only.' })
  get score(): number {
    return this.hit.score;
  }
}

export const SearchHitConnection = connectionOf('SearchHit', () => SearchHit);
