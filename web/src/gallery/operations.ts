/** What the grid asks the server for, page by page. */
import { graphql, type ResultOf } from '../api/graphql.js';
import { CardFields } from '../parts/card.js';

export const Collection = graphql(
  `
    query Collection($first: Int!, $after: String, $filter: ImageFilter!) {
      images(first: $first, after: $after, filter: $filter) {
        totalCount
        totalCountIsEstimate
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

/** What libraries are chosen by. */
export const LibraryNames = graphql(`
  query LibraryNames {
    libraries {
      id
      name
    }
  }
`);

export const Search = graphql(
  `
    query Search(
      $text: String!
      $mode: SearchMode!
      $exact: Boolean!
      $first: Int!
      $after: String
      $filter: ImageFilter!
    ) {
      searchImages(text: $text, mode: $mode, exact: $exact, first: $first, after: $after, filter: $filter) {
        totalCount
        totalCountIsEstimate
        mode
        notice
        searchedText
        unknownWords
        corrections {
          word
          replacement
        }
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
            signals {
              signal
              score
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
export type Found = ResultOf<typeof Search>['searchImages'];

const SimilarFields = graphql(
  `
    fragment SimilarFields on SimilarImageConnection @_unmask {
      totalCount
      totalCountIsEstimate
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          similarity
          nearDuplicate
          image {
            ...CardFields
          }
        }
      }
    }
  `,
  [CardFields],
);

/** Photos like one of the collection, or like one that is sent along; one of the two is given. */
export const Similar = graphql(
  `
    query Similar($imageId: ID, $upload: Upload, $first: Int!, $after: String, $filter: ImageFilter!) {
      similarImages(imageId: $imageId, upload: $upload, first: $first, after: $after, filter: $filter) {
        ...SimilarFields
      }
    }
  `,
  [SimilarFields],
);

/** The photo that others are shown to be like. */
export const Liked = graphql(
  `
    query Liked($id: ID!) {
      image(id: $id) {
        ...CardFields
      }
    }
  `,
  [CardFields],
);
