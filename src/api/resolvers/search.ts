import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import { countSearchHits, MAXIMUM_SEARCH_LENGTH } from '../../search/search-images.js';
import type { ApiContext } from '../context.js';
import { connectionOptions, PageArguments } from '../pages.js';
import { SearchHit, SearchHitConnection } from '../types/search.js';

@Resolver()
export class SearchResolver {
  @Query(() => SearchHitConnection, {
    ...connectionOptions,
    description:
      'Photos by what their captions say, the best first. Words are found in all their forms ("dog running" finds "a dog runs"); ' +
      `"quoted phrases", or, and -not are understood. At most ${MAXIMUM_SEARCH_LENGTH} characters. Errors: BAD_USER_INPUT.`,
  })
  async searchImages(
    @Arg('text', () => String) text: string,
    @Args(() => PageArguments) { first, after }: PageArguments,
    @Ctx() { services }: ApiContext,
  ) {
    const { hits, hasNext } = await services.searchImages({ text, limit: first, after: after ?? undefined });
    return new SearchHitConnection({
      edges: hits.map((hit) => ({ cursor: hit.cursor, node: new SearchHit(hit) })),
      hasNext,
      hasPrevious: after != null,
      count: () => countSearchHits(text, services.store),
    });
  }
}
