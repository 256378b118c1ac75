/** A caption in pieces, those that match a search marked. */
import { MARK_END, MARK_START } from '../store/caption-search.js';

export interface TextPart {
  readonly text: string;
  readonly matches: boolean;
}

/** @param marked a text with what matches between the store's marks */
export function textParts(marked: string): TextPart[] {
  const [before = '', ...rest] = marked.split(MARK_START);
  const parts = rest.flatMap((piece) => {
    const [matching = '', after = ''] = piece.split(MARK_END);
    return [
      { text: matching, matches: true },
      { text: after, matches: false },
    ];
  });
  return [{ text: before, matches: false }, ...parts].filter(({ text }) => text !== '');
}
