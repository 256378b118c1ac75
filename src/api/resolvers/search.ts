import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import { MAXIMUM_SEARCH_LENGTH } from '../../search/requests.js';
import { FUSION_DEPTH, type SearchMode as Mode } from '../../search/search-images.js';
import type { ApiContext } from '../context.js';
import { FilteredPageArguments, toImageFilter } from '../image-filters.js';
import { connectionOptions } from '../pages.js';
import { SearchMode } from '../types/enums.js';
import { SearchHitConnection } from '../types/search.js';

@Resolver()
export class SearchResolver {
  @Query(() => SearchHitConnection, {
    ...connectionOptions,
    description:
      'Photos that show what a text says, the best first: by the words of their captions, by a search model, or by both. Words are ' +
      'found in all their forms ("dog running" finds "a dog runs"); "quoted phrases", or, and -not are understood; words that no ' +
      'caption has and the search model does not know are replaced by the nearest that a caption has, unless exact is true. ' +
      `At most ${MAXIMUM_SEARCH_LENGTH} characters. HYBRID ends with the ` +
      `${FUSION_DEPTH} best of each ranking and goes on over the photos that there were at its first page; in the other lists photos ` +
      'added meanwhile show up where they belong behind what was read. Errors: BAD_USER_INPUT; for SEMANTIC also NO_MODEL.',
  })
  async searchImages(
    @Arg('text', () => String) text: string,
    @Arg('mode', () => SearchMode, { defaultValue: SearchMode.HYBRID }) mode: Mode,
    @Arg('exact', () => Boolean, { defaultValue: false, description: 'Search the words as they are typed: none is taken for misspelt.' }) exact: boolean,
    @Args(() => FilteredPageArguments) args: FilteredPageArguments,
    @Ctx() { services }: ApiContext,
  ): Promise<SearchHitConnection> {
    const { first, after } = args;
    const result = await services.searchImages({ text, mode, exact, limit: first, after: after ?? undefined, filter: await toImageFilter(args, services.store) });
    return new SearchHitConnection(result, after != null);
  }
}
