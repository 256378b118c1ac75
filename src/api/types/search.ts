import { Ctx, Field, Float, Int, ObjectType } from 'type-graphql';
import type { SearchHit as Hit, SearchResult, Signal as SignalRecord } from '../../search/search-images.js';
import type { Correction as CorrectionRecord } from '../../search/spelling.js';
import type { ApiContext } from '../context.js';
import { connectionOf } from '../pages.js';
import { CaptionOrigin, SearchMode, SearchSignal } from './enums.js';
import { Image, loadImage } from './image.js';

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

@ObjectType({ description: 'A ranking that has a hit: why it was found.' })
export class Signal {
  constructor(private readonly record: SignalRecord) {}

  @Field(() => SearchSignal)
  get signal(): string {
    return this.record.name;
  }

  @Field(() => Int, { description: 'The place in the ranking, counted from 1.' })
  get rank(): number {
    return this.record.rank;
  }

  @Field(() => Float, { description: 'SEMANTIC: cosine similarity of photo and text, -1 to 1. WORDS: the higher the better, within one search.' })
  get score(): number {
    return this.record.score;
  }
}

@ObjectType({ description: 'A photo that shows what was searched for.' })
export class SearchHit {
  constructor(private readonly hit: Hit) {}

  @Field(() => Image)
  image(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.hit.imageId, context);
  }

  @Field(() => String, { nullable: true, description: "The photo's caption that says it best; null where no caption says it." })
  get caption(): string | undefined {
    return this.hit.caption?.text;
  }

  @Field(() => [TextPart], { description: 'The same caption in pieces, those that match marked.' })
  get parts(): readonly TextPart[] {
    return this.hit.caption?.parts.map(({ text, matches }) => new TextPart(text, matches)) ?? [];
  }

  @Field(() => CaptionOrigin, { nullable: true, description: 'Who wrote the caption.' })
  get origin(): string | undefined {
    return this.hit.caption?.origin;
  }

  @Field(() => Float, { description: 'The higher the better; comparable within one search only.' })
  get score(): number {
    return this.hit.score;
  }

  @Field(() => [Signal], { description: 'The rankings that have it.' })
  get signals(): readonly Signal[] {
    return this.hit.signals.map((signal) => new Signal(signal));
  }
}

@ObjectType({ description: 'A word that neither a caption has nor the search model knows, and the nearest that a caption has.' })
export class Correction {
  constructor(private readonly record: CorrectionRecord) {}

  @Field(() => String)
  get word(): string {
    return this.record.word;
  }

  @Field(() => String)
  get replacement(): string {
    return this.record.replacement;
  }
}

@ObjectType()
export class SearchHitConnection extends connectionOf('SearchHit', () => SearchHit, { isAbstract: true }) {
  constructor(
    private readonly result: SearchResult,
    hasPrevious: boolean,
  ) {
    const edges = result.hits.map((hit) => ({ cursor: hit.cursor, node: new SearchHit(hit) }));
    super({ edges, hasNext: result.hasNext, hasPrevious, count: result.count });
  }

  @Field(() => SearchMode, { description: 'How it was searched: TEXT where HYBRID was asked for and there is no search model.' })
  get mode(): string {
    return this.result.mode;
  }

  @Field(() => String, { nullable: true, description: 'Why it was not searched as it was asked for.' })
  get notice(): string | undefined {
    return this.result.notice;
  }

  @Field(() => String, { description: 'What was searched for, word by word: the text, with its corrections.' })
  get searchedText(): string {
    return this.result.spelling.text;
  }

  @Field(() => [Correction], { description: 'Did you mean: words that were replaced.' })
  get corrections(): readonly Correction[] {
    return this.result.spelling.corrections.map((correction) => new Correction(correction));
  }

  @Field(() => [String], { description: 'Words that no caption has and that were not replaced: the search model knows them, or no caption has a word like them.' })
  get unknownWords(): readonly string[] {
    return this.result.spelling.unknownWords;
  }
}
