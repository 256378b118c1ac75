/** Puts a caption into an XMP packet, beside what others wrote there and never over it. */
import type { CaptionField, FileCaption } from './file-metadata.js';
import {
  type Author,
  type Mark,
  markOf,
  readMarks,
  textSha256,
  WRITTEN_FIELDS,
  type WrittenField,
  writeMarks,
} from './marks.js';
import { type LanguageText, XmpDocument } from './xmp-document.js';

export interface CaptionWish {
  readonly field: WrittenField;
  /** A BCP 47 tag. */
  readonly language: string;
  readonly text: string;
  readonly author: Author;
}

export type Merge =
  | { readonly outcome: 'written'; readonly packet: Uint8Array }
  /** It says that already. */
  | { readonly outcome: 'same' }
  /** There are other words of a person, which stay. */
  | { readonly outcome: 'kept' }
  /** Somebody removed what had been written there. */
  | { readonly outcome: 'removed' };

/** Fields that say the same thing in one standard or another, by the one that is written. */
const ALIKE: Readonly<Record<WrittenField, readonly CaptionField[]>> = {
  altText: ['altText'],
  description: ['description', 'caption', 'imageDescription'],
};

/**
 * @param packet what is there; none where a new one is begun
 * @param elsewhere captions that the photo has in other places, such as in the file beside whose sidecar this is
 * @throws EkphrasisError BAD_USER_INPUT for a packet that cannot be read
 */
export function mergeCaption(
  packet: Uint8Array | undefined,
  { field, language, text, author }: CaptionWish,
  elsewhere: readonly FileCaption[],
): Merge {
  const document = packet ? XmpDocument.parse(packet) : XmpDocument.empty();
  const property = WRITTEN_FIELDS[field];
  const marks = readMarks(document);
  const texts = document.languages(property);
  const isOurs = (words: string) => markOf(marks, field, words) !== undefined;
  const own = texts.find((one) => sameLanguage(one.language, language));
  const unnamed = texts.find((one) => one.language.toLowerCase() === DEFAULT);
  const blocking = [own, isOfOther(unnamed, texts, language) ? undefined : unnamed].filter(
    (one) => one !== undefined && !isOurs(one.text),
  );
  const others = elsewhere.filter(
    (caption) =>
      ALIKE[field].includes(caption.field) &&
      (caption.writtenBy === undefined || (caption.writtenBy === 'person' && author.by !== 'person')) &&
      (caption.language === undefined || sameLanguage(caption.language, language)),
  );
  if ([...blocking, ...others].some((one) => one?.text.trim() !== text.trim())) return { outcome: 'kept' };
  if (blocking.length > 0 || others.length > 0) return { outcome: 'same' };
  const mark: Mark = { field, language, sha256: textSha256(text), author: asKept(author) };
  const before = marks.find((one) => one.field === field && sameLanguage(one.language, language));
  if (before && !own && !unnamed) return { outcome: 'removed' };
  // A model never takes the place of what a person wrote, also here.
  if (before?.author.by === 'person' && author.by !== 'person') return { outcome: 'kept' };
  if (own?.text === text && before && sameMark(before, mark)) return { outcome: 'same' };
  const rest = texts.filter((one) => one !== own && one !== unnamed);
  const first = unnamed && isOfOther(unnamed, texts, language) ? unnamed : { language: DEFAULT, text };
  document.setLanguages(property, [first, { language, text }, ...rest]);
  writeMarks(document, [...marks.filter((one) => one !== before), mark]);
  return { outcome: 'written', packet: document.toBytes() };
}

/** Whether a packet says just that, and who wrote it. */
export function saysCaption(packet: Uint8Array, { field, language, text }: CaptionWish): boolean {
  const document = XmpDocument.parse(packet);
  const own = document.languages(WRITTEN_FIELDS[field]).find((one) => sameLanguage(one.language, language));
  return own?.text === text && markOf(readMarks(document), field, text) !== undefined;
}

const DEFAULT = 'x-default';

function sameLanguage(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Whether the text of `x-default` is in another language: it stands once more under its own. */
function isOfOther(unnamed: LanguageText | undefined, texts: readonly LanguageText[], language: string): boolean {
  return texts.some((one) => one !== unnamed && one.text === unnamed?.text && !sameLanguage(one.language, language));
}

/** As precise as it is written. */
function asKept(author: Author): Author {
  return author.by === 'model' ? { ...author, confidence: Number(author.confidence.toFixed(3)) } : author;
}

function sameMark(a: Mark, b: Mark): boolean {
  return a.sha256 === b.sha256 && JSON.stringify(a.author) === JSON.stringify(b.author);
}
