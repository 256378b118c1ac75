import { stemmer } from 'stemmer';
import type { Tokens } from '../metrics/ngrams.js';

/**
 * Words that name nothing to be seen: articles, prepositions, pronouns, conjunctions, auxiliaries, and what captions
 * are padded with.
 */
const FUNCTION_WORDS = new Set(
  (
    'a an the this that these those some any each every another other both all no one and or but while as if than so ' +
    'of in on at by to from with without into onto over under above below up down out off through across along around behind beside ' +
    'between near next against during after before toward towards inside outside for about ' +
    'he she it they him her them his hers its their theirs himself herself itself themselves who whom whose which what there here where when ' +
    'is are was were be been being am has have having had do does doing did can could will would may might must shall should s not ' +
    'it very just also only'
  ).split(' '),
);

/**
 * How much there is to say about a photo: the content words, by their stems, on which at least two of those who
 * described it agree; of a photo with one caption, the words of that. It is a proxy for the number of objects and for
 * how complex a scene is.
 */
export function agreedContentWords(references: readonly Tokens[]): number {
  const counts = new Map<string, number>();
  for (const reference of references) {
    const stems = new Set(reference.filter((word) => !FUNCTION_WORDS.has(word)).map(stemmer));
    for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  }
  const needed = Math.min(2, references.length);
  return [...counts.values()].filter((count) => count >= needed).length;
}
