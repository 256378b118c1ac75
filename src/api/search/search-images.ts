import { Arg, Args, Ctx, Field, Float, Int, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql';
import type { TextPart as Part } from '../../search/marked-text.js';
import { MAXIMUM_SEARCH_LENGTH } from '../../search/requests.js';
import {
  FUSION_DEPTH,
  type SearchHit as Hit,
  type SearchMode as Mode,
  type SearchResult,
  type Signal as SignalRecord,
} from '../../search/search-images.js';
import type { Correction as CorrectionRecord } from '../../search/spelling.js';
import { CaptionOrigin } from '../captions/alt-text.js';
import { connectionOf, toPart } from '../connections.js';
import { PRICES, timesFirstAfter } from '../costs.js';
import type { ApiContext } from '../context.js';
import { fieldsOf } from '../fields-of.js';
import { FilteredPageArguments, toImageFilter } from '../images/filters.js';
import { Image, loadImage } from '../images/image.js';
import { Needs } from '../scopes.js';

const SearchMode = { HYBRID: 'hybrid', TEXT: 'text', SEMANTIC: 'semantic' } as const;
registerEnumType(SearchMode, {
  name: 'SearchMode',
  valuesConfig: {
    HYBRID: { description: 'By both; by words alone if there is no search model.' },
    TEXT: { description: 'By the words of captions.' },
    SEMANTIC: { description: 'By the similarity of photo and text, as a search model computes it.' },
  },
});

const SearchSignal = { WORDS: 'words', SEMANTIC: 'semantic' } as const;
registerEnumType(SearchSignal, { name: 'SearchSignal', description: 'A way to find photos.' });

@ObjectType({ description: 'A piece of a caption.' })
class TextPart extends fieldsOf<Part>() {
  @Field(() => String)
  declare readonly text: Part['text'];

  @Field(() => Boolean, { description: 'Whether it is a word that was searched for, in any form.' })
  declare readonly matches: Part['matches'];
}

@ObjectType({ description: 'A ranking that contains a photo, and its place there.' })
class Signal extends fieldsOf<SignalRecord>() {
  @Field(() => SearchSignal)
  get signal(): string {
    return this.name;
  }

  @Field(() => Int, { description: 'The place of the photo in the ranking, counted from 1.' })
  declare readonly rank: SignalRecord['rank'];

  @Field(() => Float, {
    description:
      'SEMANTIC: cosine similarity of photo and text, -1 to 1. WORDS: the higher the better, within one search.',
  })
  declare readonly score: SignalRecord['score'];
}

@ObjectType({ description: 'A photo that shows what was searched for.' })
class SearchHit {
  constructor(private readonly hit: Hit) {}

  @Field(() => Image)
  image(@Ctx() context: ApiContext): Promise<Image> {
    return loadImage(this.hit.imageId, context);
  }

  @Field(() => String, {
    nullable: true,
    description: 'The caption of the photo that matches best. Null if no caption matches.',
  })
  get caption(): string | undefined {
    return this.hit.caption?.text;
  }

  @Field(() => [TextPart], { description: 'The same caption in pieces, with those that match marked.' })
  get parts(): readonly TextPart[] {
    return this.hit.caption?.parts.map((part) => new TextPart(part)) ?? [];
  }

  @Field(() => CaptionOrigin, { nullable: true, description: 'Whether a person or a model wrote the caption.' })
  get origin(): string | undefined {
    return this.hit.caption?.origin;
  }

  @Field(() => Float, { description: 'The higher the better. Scores of different searches cannot be compared.' })
  get score(): number {
    return this.hit.score;
  }

  @Field(() => [Signal], { description: 'The rankings that contain the photo.' })
  get signals(): readonly Signal[] {
    return this.hit.signals.map((signal) => new Signal(signal));
  }
}

@ObjectType({
  description:
    'A word that neither a caption contains nor the search model knows, and the most similar word that a caption ' +
    'contains.',
})
class Correction extends fieldsOf<CorrectionRecord>() {
  @Field(() => String)
  declare readonly word: CorrectionRecord['word'];

  @Field(() => String)
  declare readonly replacement: CorrectionRecord['replacement'];
}

@ObjectType()
class SearchHitConnection extends connectionOf('SearchHit', () => SearchHit, { isAbstract: true }) {
  constructor(private readonly result: SearchResult) {
    const edges = result.hits.map((hit) => ({ cursor: hit.cursor, node: new SearchHit(hit) }));
    super({ edges, hasNext: result.hasNext, hasPrevious: result.hasPrevious, count: result.count });
  }

  @Field(() => SearchMode, {
    description: 'The mode of the search: TEXT if HYBRID was requested and there is no search model.',
  })
  get mode(): string {
    return this.result.mode;
  }

  @Field(() => String, { nullable: true, description: 'Why the search was not done as requested. Null if it was.' })
  get notice(): string | undefined {
    return this.result.notice;
  }

  @Field(() => String, { description: 'The text that was searched for, with corrections.' })
  get searchedText(): string {
    return this.result.spelling.text;
  }

  @Field(() => [Correction], { description: 'The words that were replaced, as in "did you mean".' })
  get corrections(): readonly Correction[] {
    return this.result.spelling.corrections.map((correction) => new Correction(correction));
  }

  @Field(() => [String], {
    description:
      'Words that no caption contains and that were not replaced: the search model knows them, or no caption ' +
      'contains a similar word.',
  })
  get unknownWords(): readonly string[] {
    return this.result.spelling.unknownWords;
  }
}

@Resolver()
export class SearchImagesResolver {
  @Needs('read')
  @Query(() => SearchHitConnection, {
    complexity: timesFirstAfter(PRICES.search),
    description:
      'Finds photos that show what a text says, the best first: by the words of their captions, by a search model, ' +
      'or by both. Words ' +
      'are found in all their forms ("dog running" finds "a dog runs"); "quoted phrases", or, and -not are ' +
      'understood. A word that no ' +
      'caption contains and the search model does not know is replaced by the most similar one, unless exact is ' +
      'true. ' +
      `The text has at most ${MAXIMUM_SEARCH_LENGTH} characters. HYBRID lists the ` +
      `${FUSION_DEPTH} best of each ranking, from the photos that existed when its first page was read. In the ` +
      'other modes, photos ' +
      'that are added meanwhile appear at their place in the ranking, on later pages. Errors: BAD_USER_INPUT; for ' +
      'SEMANTIC also NO_MODEL.',
  })
  async searchImages(
    @Arg('text', () => String) text: string,
    @Arg('mode', () => SearchMode, { defaultValue: SearchMode.HYBRID }) mode: Mode,
    @Arg('exact', () => Boolean, {
      defaultValue: false,
      description: 'Search for the words exactly as they are typed: no spelling is corrected.',
    })
    exact: boolean,
    @Args(() => FilteredPageArguments) args: FilteredPageArguments,
    @Ctx() { services }: ApiContext,
  ): Promise<SearchHitConnection> {
    const filter = await toImageFilter(args, services);
    return new SearchHitConnection(await services.searchImages({ text, mode, exact, ...toPart(args), filter }));
  }
}
