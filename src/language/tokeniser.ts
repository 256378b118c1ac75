/**
 * Words of a caption: lower case, accents folded to ASCII (NFKD), then runs of letters and digits. Punctuation is no word.
 * Training, captioning, searching and scoring all use this one rule.
 */
export function tokenise(text: string): string[] {
  return text.normalize('NFKD').replace(/\p{Mark}/gu, '').toLowerCase().match(/[a-z0-9]+/g) ?? [];
}
