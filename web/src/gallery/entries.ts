/** What the grid shows: the collection, hits of a search, or photos like another; each read page by page. */
import { ask } from '../api/client.js';
import type { ResultOf } from '../api/graphql.js';
import { upload } from '../api/upload.js';
import type { Card } from '../parts/card.js';
import { toImageFilter, type Wish } from './filters.js';
import { Collection, type Found, Search, Similar } from './operations.js';

type Hit = Found['edges'][number]['node'];

/** Why a photo is among the results. */
export type Reason =
  | {
      readonly kind: 'hit';
      readonly parts: Hit['parts'];
      readonly origin: Hit['origin'];
      readonly signals: Hit['signals'];
    }
  | { readonly kind: 'likeness'; readonly similarity: number; readonly nearDuplicate: boolean };

export interface Entry {
  readonly card: Card;
  readonly reason?: Reason;
}

/** How a search was understood. */
export type Understanding = Pick<Found, 'mode' | 'notice' | 'searchedText' | 'corrections' | 'unknownWords'>;

export interface EntryPage {
  readonly entries: readonly Entry[];
  readonly total: number;
  readonly totalIsEstimate: boolean;
  /** Where the next page begins; undefined behind the last one. */
  readonly next: string | undefined;
  readonly understanding?: Understanding;
}

/** The longest page that the server gives. */
const FIRST = 100;

/** @throws Refusal, Unreachable */
export async function readPage(
  { text, mode, exact, like, example, filter }: Wish,
  after: string | undefined,
  signal: AbortSignal,
): Promise<EntryPage> {
  const page = { first: FIRST, after: after ?? null, filter: toImageFilter(filter) };
  if (example) return toSimilar(await upload(Similar, page, example.file, () => undefined, signal));
  if (like !== undefined) return toSimilar(await ask(Similar, { imageId: like, ...page }, signal));
  if (text !== '') {
    const { searchImages } = await ask(Search, { text, mode, exact, ...page }, signal);
    const found = toPage(searchImages, ({ image, parts, origin, signals }) => ({
      card: image,
      reason: { kind: 'hit', parts, origin, signals },
    }));
    return { ...found, understanding: searchImages };
  }
  const { images } = await ask(Collection, page, signal);
  return toPage(images, (card) => ({ card }));
}

function toSimilar({ similarImages }: ResultOf<typeof Similar>): EntryPage {
  return toPage(similarImages, ({ image, similarity, nearDuplicate }) => ({
    card: image,
    reason: { kind: 'likeness', similarity, nearDuplicate },
  }));
}

interface Connection<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly totalCount: number;
  readonly totalCountIsEstimate: boolean;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

function toPage<Node>(
  { edges, totalCount, totalCountIsEstimate, pageInfo }: Connection<Node>,
  toEntry: (node: Node) => Entry,
): EntryPage {
  const next = pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
  return {
    entries: edges.map(({ node }) => toEntry(node)),
    total: totalCount,
    totalIsEstimate: totalCountIsEstimate,
    next,
  };
}
