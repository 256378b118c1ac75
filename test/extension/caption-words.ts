/** An operation that the API does not have: the file that somebody adds who wants it. */
import { Arg, Ctx, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { ApiContext } from '../../src/api/context.js';
import { times } from '../../src/api/costs.js';
import { fieldsOf } from '../../src/api/fields-of.js';
import { Needs } from '../../src/api/scopes.js';
import { found } from '../../src/errors.js';
import type { ImageId } from '../../src/ids.js';
import { tokenise } from '../../src/language/tokeniser.js';

/** Different words of a photo's captions, as the cost is reckoned. */
const USUAL_WORDS = 30;

interface CountedWord {
  readonly word: string;
  readonly count: number;
}

@ObjectType({ description: 'A word that people used for a photo.' })
class CaptionWordCount extends fieldsOf<CountedWord>() {
  @Field(() => String)
  declare readonly word: CountedWord['word'];

  @Field(() => Int, { description: 'How often they used it.' })
  declare readonly count: CountedWord['count'];
}

@Resolver()
export class CaptionWordsResolver {
  @Needs('read')
  @Query(() => [CaptionWordCount], {
    complexity: times(USUAL_WORDS),
    description: 'The words that people used for a photo, the most frequent first. Errors: NOT_FOUND.',
  })
  async captionWords(
    @Arg('imageId', () => ID) imageId: string,
    @Ctx() { loaders }: ApiContext,
  ): Promise<CaptionWordCount[]> {
    const { id } = found(await loaders.images.load(imageId as ImageId), `image ${imageId}`);
    const counts = new Map<string, number>();
    for (const { text } of await loaders.references.load(id)) {
      for (const word of tokenise(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    const words = [...counts].map(([word, count]) => ({ word, count }));
    return words.sort((a, b) => b.count - a.count).map((counted) => new CaptionWordCount(counted));
  }
}
