/** A photo among others, with enough to describe it. */
import { graphql, type ResultOf } from '../api/graphql.js';

export const CardFields = graphql(`
  fragment CardFields on Image @_unmask {
    id
    name
    url
    width
    height
    altText {
      text
      caption
      origin
    }
    generatedCaptions {
      text
      confidence
    }
  }
`);
export type Card = ResultOf<typeof CardFields>;

/** What stands in place of a photo for who does not see it. */
export function altOf({
  altText,
  name,
}: {
  readonly altText: { readonly text: string } | null;
  readonly name: string;
}): string {
  if (altText?.text === '') return `${name}, marked as decorative`;
  return altText?.text ?? `${name}, not described yet`;
}

/** The sentence that describes a photo, as it was written; and where a machine wrote it, how sure that was. */
export function captionOf({ altText, generatedCaptions, name }: Pick<Card, 'altText' | 'generatedCaptions' | 'name'>) {
  if (!altText) return { text: `${name}, not described yet`, confidence: undefined };
  if (altText.text === '') return { text: `${name}, marked as decorative`, confidence: undefined };
  const { caption, origin } = altText;
  const confidence = origin === 'GENERATED' ? confidenceOf(generatedCaptions, caption) : undefined;
  return { text: caption, confidence };
}

/** How sure the model was that wrote a sentence. */
export function confidenceOf(captions: Card['generatedCaptions'], text: string): number | undefined {
  return captions.find((caption) => caption.text === text)?.confidence;
}
