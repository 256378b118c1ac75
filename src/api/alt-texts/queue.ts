/** Photos whose texts need somebody, and texts by the bytes of files. */
import { Arg, Args, Ctx, Field, ID, InputType, Int, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql';
import { z } from 'zod';
import { MOST_AT_ONCE } from '../../collection/alt-text-decisions.js';
import type { AltTextPage } from '../../collection/alt-text-queue.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import { isSha256 } from '../../files/sha256.js';
import type { ImageId, Sha256 } from '../../ids.js';
import { readCursors, writeCursor } from '../../search/cursors.js';
import {
  ALT_TEXT_ORDERS,
  type AltTextCounts,
  type AltTextOrder as Order,
  type AltTextStateName,
} from '../../store/alt-text-queue.js';
import { exactly } from '../../store/counts.js';
import { isRecordId } from '../../store/pages.js';
import { connectionOf, connectionOptions, PageArguments, toPart } from '../connections.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { enumOf } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';
import { ImageFilterInput, toImageFilter } from '../images/filters.js';
import { Needs } from '../scopes.js';
import { AltTextState, LANGUAGE } from './alt-text.js';
import { AltTextEntry } from './entry.js';

const AltTextOrder = enumOf(ALT_TEXT_ORDERS);
registerEnumType(AltTextOrder, {
  name: 'AltTextOrder',
  description: 'In which order texts need somebody.',
  valuesConfig: {
    LEAST_SURE: { description: 'Photos without a text first, then by the confidence of what is suggested.' },
    MOST_VIEWED: { description: 'By how often sites asked for the text.' },
    NEWEST: { description: 'The photos that were added last first.' },
  },
});

@InputType({ description: 'Which photos are listed. All of them where nothing is said.' })
class AltTextFilter {
  @Field(() => String, LANGUAGE)
  readonly language?: string | null;

  @Field(() => [AltTextState], { nullable: true, description: 'Only photos in one of these states.' })
  readonly states?: AltTextStateName[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: only photos for which a model wrote other words after their text was approved.',
  })
  readonly hasNewSuggestion?: boolean | null;

  @Field(() => [ID], { nullable: true, description: 'Only these photos.' })
  readonly imageIds?: string[] | null;

  @Field(() => ImageFilterInput, { nullable: true, description: 'Only photos that it lets through.' })
  readonly images?: ImageFilterInput | null;
}

@ObjectType({ description: 'How many photos are in each state.' })
class AltTextStateCounts extends fieldsOf<AltTextCounts>() {
  @Field(() => Int)
  get missing(): number {
    return this.MISSING;
  }

  @Field(() => Int)
  get suggested(): number {
    return this.SUGGESTED;
  }

  @Field(() => Int)
  get approved(): number {
    return this.APPROVED;
  }

  @Field(() => Int)
  get decorative(): number {
    return this.DECORATIVE;
  }
}

/** The place of a photo in an order, as long as nobody decides about it. */
const cursorSchema = z.object({
  list: z.enum(ALT_TEXT_ORDERS),
  rank: z.number(),
  imageId: z
    .string()
    .refine(isRecordId)
    .transform((id) => id as ImageId),
});

@ObjectType()
class AltTextEntryConnection extends connectionOf('AltTextEntry', () => AltTextEntry, { isAbstract: true }) {
  private readonly counts: () => Promise<AltTextCounts>;

  constructor(page: AltTextPage, order: Order, states: readonly AltTextStateName[] | undefined) {
    let counted: Promise<AltTextCounts> | undefined;
    const counts = () => (counted ??= page.count());
    const edges = page.entries.map(({ place, entry }) => ({
      cursor: writeCursor(cursorSchema, { list: order, ...place }),
      node: new AltTextEntry(entry),
    }));
    const count = async () => {
      const all = await counts();
      const listed = states ? new Set(states) : new Set(Object.keys(all) as AltTextStateName[]);
      return exactly([...listed].reduce((sum, state) => sum + all[state], 0));
    };
    super({ edges, hasNext: page.hasNext, hasPrevious: page.hasPrevious, count });
    this.counts = counts;
  }

  @Field(() => AltTextStateCounts, { description: 'Of the photos that the filter chooses, whatever its `states`.' })
  async stateCounts(): Promise<AltTextStateCounts> {
    return new AltTextStateCounts(await this.counts());
  }
}

@Resolver()
export class AltTextQueueResolver {
  @Needs('read')
  @Query(() => AltTextEntryConnection, {
    ...connectionOptions,
    description:
      'Lists photos with their texts, those first that need somebody most. Errors: BAD_USER_INPUT, NOT_FOUND.',
  })
  async altTexts(
    @Arg('filter', () => AltTextFilter, { nullable: true }) given: AltTextFilter | null | undefined,
    @Arg('orderBy', () => AltTextOrder, { defaultValue: 'LEAST_SURE' }) order: Order,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { services }: ApiContext,
  ): Promise<AltTextEntryConnection> {
    const { language, states, hasNewSuggestion, imageIds, images } = given ?? {};
    const part = toPart(page);
    const filter = {
      ...(await toImageFilter({ filter: images }, services)),
      language: language ?? undefined,
      states: states ?? undefined,
      hasNewSuggestion: hasNewSuggestion ?? undefined,
      imageIds: (imageIds ?? undefined) as ImageId[] | undefined,
    };
    const places = readCursors(cursorSchema.extend({ list: z.literal(order) }), part);
    const found = await services.altTextQueue({ order, filter, ...part, ...places });
    return new AltTextEntryConnection(found, order, states ?? undefined);
  }

  @Needs('read')
  @Query(() => [AltTextEntry], {
    nullable: 'items',
    complexity: times(MOST_AT_ONCE),
    description:
      'Gives the texts of files by the SHA-256 of their bytes, in the order of `sha256s`: null where a file is no photo ' +
      `of the collection. At most ${MOST_AT_ONCE}. Errors: BAD_USER_INPUT.`,
  })
  async altTextsOfFiles(
    @Arg('sha256s', () => [String]) sha256s: string[],
    @Arg('language', () => String, LANGUAGE) language: string | null | undefined,
    @Ctx() { services }: ApiContext,
  ): Promise<(AltTextEntry | null)[]> {
    if (sha256s.length > MOST_AT_ONCE)
      throw new EkphrasisError(ErrorCode.BadInput, `At most ${MOST_AT_ONCE} files are looked up at once.`);
    const strange = sha256s.find((sha256) => !isSha256(sha256));
    if (strange !== undefined)
      throw new EkphrasisError(ErrorCode.BadInput, 'A file is named by its SHA-256: 64 digits from 0 to 9 and a to f.');
    const entries = await services.altTextsOfFiles(sha256s as Sha256[], language ?? undefined);
    return entries.map((entry) => (entry ? new AltTextEntry(entry) : null));
  }
}
