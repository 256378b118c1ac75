/**
 * GraphQL's names of those in lower case with hyphens or dots and in camel case: show-and-tell is SHOW_AND_TELL, bleu4 is
 * BLEU_4.
 */
export function enumOf<Name extends string>(names: readonly Name[]): Readonly<Record<string, Name>> {
  return Object.fromEntries(names.map((name) => [enumName(name), name]));
}

export function enumName(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z\d])|[-.]/g, '_').toUpperCase();
}
