/**
 * Pages of lists. Every id begins with the time it was made (UUID version 7), so the order of ids is the order of
 * creation, and a page that continues after an id neither skips nor repeats what is added meanwhile.
 */

/** A part of a list: what lies behind `after` and ahead of `before`. */
export interface PageRequest<Id extends string> {
  /** At most this many, from the front, or with `backwards` from the back. */
  readonly limit: number;
  readonly after?: Id | undefined;
  readonly before?: Id | undefined;
  /** Count `limit` from the end of the list, as Relay's `last` does. */
  readonly backwards?: boolean | undefined;
  /** Newest first. Default: true. */
  readonly newestFirst?: boolean | undefined;
}

export interface Page<Item> {
  readonly items: Item[];
  /** Whether there is more behind the last item. */
  readonly hasNext: boolean;
  /** Whether there is more ahead of the first item. */
  readonly hasPrevious: boolean;
}

/** A filter and order on `id` that yield one more row than asked for: whether it came tells if there is more. */
export interface PageQuery {
  readonly where: { readonly gt?: string; readonly lt?: string };
  readonly orderBy: { readonly id: 'asc' | 'desc' };
  readonly take: number;
}

export function pageQuery({
  limit,
  after,
  before,
  backwards = false,
  newestFirst = true,
}: PageRequest<string>): PageQuery {
  const bounds = newestFirst ? { lt: after, gt: before } : { gt: after, lt: before };
  return {
    where: {
      ...(bounds.lt === undefined ? {} : { lt: bounds.lt }),
      ...(bounds.gt === undefined ? {} : { gt: bounds.gt }),
    },
    orderBy: { id: newestFirst === backwards ? 'asc' : 'desc' },
    take: limit + 1,
  };
}

/** @param rows the answer to `pageQuery`: one more than asked for where there are more, from the end with `backwards` */
export function toPage<Item>(rows: readonly Item[], request: PageRequest<string>): Page<Item> {
  const { limit, after, before, backwards = false } = request;
  const more = rows.length > limit;
  const items = rows.slice(0, limit);
  return backwards
    ? { items: items.reverse(), hasNext: before !== undefined, hasPrevious: more }
    : { items, hasNext: more, hasPrevious: after !== undefined };
}

/**
 * A page of a list that is in memory.
 *
 * @param placeOf the index of the entry that a cursor is of
 */
export function pageOf<Item, Cursor extends string>(
  list: readonly Item[],
  request: PageRequest<Cursor>,
  placeOf: (cursor: Cursor) => number,
): Page<Item> {
  const { limit, after, before, backwards = false } = request;
  const from = after === undefined ? 0 : placeOf(after) + 1;
  const to = before === undefined ? list.length : placeOf(before);
  const between = list.slice(from, Math.max(from, to));
  return toPage(backwards ? between.reverse().slice(0, limit + 1) : between.slice(0, limit + 1), request);
}

/** Whether a text from outside can be an id at all: Postgres refuses to compare an UUID with anything else. */
export function isRecordId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
