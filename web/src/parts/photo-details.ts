/** A photo with everything that was written about it. */
import { graphql, type ResultOf } from '../api/graphql.js';

export const WrittenFields = graphql(`
  fragment WrittenFields on GeneratedCaption @_unmask {
    text
    createdAt
    words {
      word
      probability
      attention
    }
    model {
      id
      name
    }
  }
`);
export type Written = ResultOf<typeof WrittenFields>;

export const PhotoDetails = graphql(
  `
    query PhotoDetails($id: ID!) {
      image(id: $id) {
        id
        name
        url
        width
        height
        byteSize
        mediaType
        createdAt
        dataset
        split
        referenceCaptions {
          text
          source
        }
        generatedCaptions {
          ...WrittenFields
        }
      }
    }
  `,
  [WrittenFields],
);
export type Details = NonNullable<ResultOf<typeof PhotoDetails>['image']>;

/**
 * How sure a model was of a caption: the geometric mean of its words' probabilities, so that long captions are not less sure
 * for their length.
 */
export function sureness(words: readonly { readonly probability: number }[]): number {
  if (words.length === 0) return 0;
  const logarithms = words.map(({ probability }) => Math.log(Math.max(probability, 1e-12)));
  return Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / words.length);
}

/** A photo's smaller copy, which the server makes. */
export const thumbnail = (url: string, width: 320 | 640): string => `${url}?width=${width}`;
