/**
 * Models as clients of other programs name them: `ekphrasis`, or `ekphrasis:latest`, is the current one, `ekphrasis:de`
 * the one that writes German.
 */
import { notFound } from '../../../errors.js';

export const MODEL = 'ekphrasis';
const CURRENT = 'latest';

/** @returns the language that is meant; undefined: the current model's @throws NOT_FOUND */
export function languageOf(name: string): string | undefined {
  const [, base = name, tag = CURRENT] = /^([^:]*):(.*)$/s.exec(name) ?? [];
  if (base.toLowerCase() !== MODEL) throw notFound(`model ${name}: there are ${MODEL} and ${MODEL}:LANGUAGE`);
  return tag === CURRENT ? undefined : tag;
}

/** The names there are, that of the current model first. */
export function modelNames(languages: readonly string[]): string[] {
  return [MODEL, ...languages.map((language) => `${MODEL}:${language}`)];
}
