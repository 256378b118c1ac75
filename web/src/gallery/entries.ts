/** What the grid shows: the collection, hits of a search, or photos like another; each read page by page. */
import { ask } from '../api/client.js';
import { graphql, type ResultOf } from '../api/graphql.js';
import { type Card, CardFields } from '../parts/card.js';
import type { Split } from './filters.js';

const Collection = graphql(
  `
    query Collection($first: Int!, $after: String, $split: Split, $dataset: String) {
      images(first: $first, after: $after, split: $split, dataset: $dataset) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            ...CardFields
          }
        }
      }
    }
  `,
  [CardFields],
);

const Search = graphql(
  `
    query Search($text: String!, $first: Int!, $after: String) {
      searchImages(text: $text, first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            origin
            parts {
              text
              matches
            }
            image {
              ...CardFields
            }
          }
        }
      }
    }
  `,
  [CardFields],
);
type Hit = ResultOf<typeof Search>['searchImages']['edges'][number]['node'];

const Similar = graphql(
  `
    query Similar($imageId: ID!, $first: Int!, $after: String) {
      similarImages(imageId: $imageId, first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            similarity
            image {
              ...CardFields
            }
          }
        }
      }
    }
  `,
  [CardFields],
);

/** Why a photo is among the results. */
export type Reason =
  | { readonly kind: 'caption'; readonly parts: Hit['parts']; readonly origin: Hit['origin'] }
  | { readonly kind: 'likeness'; readonly similarity: number };

export interface Entry {
  readonly card: Card;
  readonly reason?: Reason;
}

/** What is asked for. */
export interface Wish {
  /** Words to search for. */
  readonly text: string;
  /** A photo that the others are to be like. */
  readonly like: string | undefined;
  readonly split: Split | undefined;
  readonly dataset: string | undefined;
}

export interface EntryPage {
  readonly entries: readonly Entry[];
  readonly total: number;
  /** Where the next page begins; undefined behind the last one. */
  readonly next: string | undefined;
}

/** The longest page that the server gives. */
const FIRST = 100;

/** @throws Refusal, Unreachable */
export async function readPage({ text, like, split, dataset }: Wish, after: string | undefined, signal: AbortSignal): Promise<EntryPage> {
  const page = { first: FIRST, after: after ?? null };
  if (like !== undefined) {
    const { similarImages } = await ask(Similar, { imageId: like, ...page }, signal);
    return toPage(similarImages, ({ image, similarity }) => ({ card: image, reason: { kind: 'likeness', similarity } }));
  }
  if (text !== '') {
    const { searchImages } = await ask(Search, { text, ...page }, signal);
    return toPage(searchImages, ({ image, parts, origin }) => ({ card: image, reason: { kind: 'caption', parts, origin } }));
  }
  const { images } = await ask(Collection, { ...page, split: split ?? null, dataset: dataset ?? null }, signal);
  return toPage(images, (card) => ({ card }));
}

interface Connection<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

function toPage<Node>({ edges, totalCount, pageInfo }: Connection<Node>, toEntry: (node: Node) => Entry): EntryPage {
  const next = pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined;
  return { entries: edges.map(({ node }) => toEntry(node)), total: totalCount, next };
}
