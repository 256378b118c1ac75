/** A photo among others, with enough to describe it. */
import { graphql, type ResultOf } from '../api/graphql.js';
import { givenHere } from './photo-details.js';

export const CardFields = graphql(`
  fragment CardFields on Image @_unmask {
    id
    name
    url
    width
    height
    referenceCaptions {
      text
      origin
    }
    generatedCaptions {
      text
      confidence
    }
  }
`);
export type Card = ResultOf<typeof CardFields>;

/** What a photo is described by: what a person gave here, then what a data set says, then what a model wrote. */
export function altOf({ referenceCaptions, generatedCaptions, name }: Pick<Card, 'name' | 'referenceCaptions' | 'generatedCaptions'>): string {
  const described = givenHere(referenceCaptions) ?? referenceCaptions[0] ?? generatedCaptions[0];
  return described?.text ?? `${name}, not described yet`;
}

/** Which machine caption describes a photo, and how sure the model was; undefined where a person's words do. */
export function machineCaptionOf({ referenceCaptions, generatedCaptions }: Pick<Card, 'referenceCaptions' | 'generatedCaptions'>) {
  return referenceCaptions.length > 0 ? undefined : generatedCaptions[0];
}
