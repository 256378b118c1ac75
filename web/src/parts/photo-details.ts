/** A photo with everything that was written about it. */
import { graphql, type ResultOf } from '../api/graphql.js';

export const WrittenFields = graphql(`
  fragment WrittenFields on GeneratedCaption @_unmask {
    id
    text
    confidence
    createdAt
    rating {
      count
      mean
    }
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
        files {
          path
          missing
          library {
            name
          }
        }
        altText {
          text
          origin
        }
        referenceCaptions {
          id
          text
          source
          origin
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

export type PersonCaption = Details['referenceCaptions'][number];

/** What a person wrote or chose here; the latest, where there are several. */
export function givenHere<Caption extends Pick<PersonCaption, 'origin'>>(
  captions: readonly Caption[],
): Caption | undefined {
  return captions.findLast(({ origin }) => origin !== 'DATASET');
}

/** A photo's smaller copy, which the server makes. */
export const thumbnail = (url: string, width: 320 | 640 | 2560): string => `${url}?width=${width}`;
