/** What the specification of Relay's cursor connections says of a page, by a list that is there as a whole. */
import fc from 'fast-check';

/** A part of a list; `after` and `before` are places in it. */
export interface Part {
  readonly limit: number;
  readonly backwards: boolean;
  readonly after: number | undefined;
  readonly before: number | undefined;
}

/** Any part of a list of this length, also one between two places that are the wrong way round. */
export function anyPart(length: number): fc.Arbitrary<Part> {
  const place = fc.option(fc.nat(length - 1), { nil: undefined });
  return fc.record({ limit: fc.integer({ min: 1, max: 5 }), backwards: fc.boolean(), after: place, before: place });
}

/** EdgesToReturn, HasPreviousPage and HasNextPage; what is behind `before` and ahead of `after` counts as being there. */
export function relayPage<Item>(whole: readonly Item[], { limit, backwards, after, before }: Part) {
  const between = whole.filter(
    (_, place) => (after === undefined || place > after) && (before === undefined || place < before),
  );
  const isCut = between.length > limit;
  return {
    items: backwards ? between.slice(-limit) : between.slice(0, limit),
    hasNext: backwards ? before !== undefined : isCut,
    hasPrevious: backwards ? isCut : after !== undefined,
  };
}
