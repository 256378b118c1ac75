/** What a photo's file says of itself. */

/** Where captions stand in a file, what describes the photo best first. */
export const CAPTION_FIELDS = [
  /** `Iptc4xmpCore:AltTextAccessibility`. */
  'altText',
  /** `Iptc4xmpCore:ExtDescrAccessibility`. */
  'extendedDescription',
  /** `dc:description`. */
  'description',
  /** IPTC IIM 2:120, Caption-Abstract. */
  'caption',
  /** EXIF ImageDescription, or `tiff:ImageDescription`. */
  'imageDescription',
] as const;
export type CaptionField = (typeof CAPTION_FIELDS)[number];

export interface FileCaption {
  readonly field: CaptionField;
  /** A BCP 47 tag; undefined where the file does not say. */
  readonly language?: string | undefined;
  readonly text: string;
  /** Who wrote it, where Ekphrasis put it there and it is as it was. */
  readonly writtenBy?: 'person' | 'dataset' | 'model' | undefined;
}

export interface TakenAt {
  /** Where the file says no offset, its clock is taken for UTC's. */
  readonly instant: Date;
  /** Minutes east of UTC; undefined where the file does not say. */
  readonly offset?: number | undefined;
}

export interface FileMetadata {
  readonly takenAt?: TakenAt | undefined;
  /** Maker and model. */
  readonly camera?: string | undefined;
  readonly lens?: string | undefined;
  /** EXIF's, 1 to 8. */
  readonly orientation?: number | undefined;
  readonly title?: string | undefined;
  /** Each once; those of a hierarchy as `Places/Paris`, and their last parts as well. */
  readonly keywords: readonly string[];
  /** -1 rejected, 0 none, 1 to 5. */
  readonly rating?: number | undefined;
  /** What one field says in the words of one before it is left out, and what Ekphrasis' models wrote there. */
  readonly captions: readonly FileCaption[];
}

/** Files may hold books; of more than so many characters of one text, and of more keywords, the rest is left out. */
const LONGEST_TEXT = 10_000;
const LONGEST_KEYWORD = 200;
const MOST_KEYWORDS = 500;
const MOST_CAPTIONS = 50;

/** What cameras and programs write where nobody has described anything. */
const FILLERS: readonly RegExp[] = [
  /^(?:olympus|minolta|konica minolta|sony|samsung|kodak|ricoh|pentax|casio|merlin|vivitar|general imaging)?\s*(?:digital camera|dsc|camera)$/iu,
  /^(?:samsung|default|exif[_ ]jpeg[_ ]picture|untitled|image|picture|photo|digital still camera|hdrpl|cof|hdr|oznor|rhdr|rpt|sdr|nor|mde|charset="?ascii"?)$/iu,
  /^<?(?:digimax|kenox)\b.*>?$/iu,
  // Phones of one maker write their settings: `cof_vivid`, `hdrpl`.
  /^(?:[a-z]{2,6}_)*(?:vivid|soft|portrait)?$/u,
  // Names of files.
  /^(?:.*[\\/])?[\w-]+\.(?:jpe?g|png|tiff?|heic|dng|mp4)$/iu,
];

/** @returns undefined for what says nothing: no letter, or a camera's own words */
export function spoken(text: string | undefined): string | undefined {
  const clean = cleanText(text, LONGEST_TEXT);
  if (clean === undefined || !/\p{L}/u.test(clean)) return undefined;
  return FILLERS.some((filler) => filler.test(clean)) ? undefined : clean;
}

/** @returns the text without control characters and lone surrogates; line feeds stay */
export function cleanText(text: string | undefined, longest: number = LONGEST_TEXT): string | undefined {
  const clean = text
    ?.replaceAll(/\r\n?|[\u0085\u2028\u2029]/gu, '\n')
    .replaceAll(/(?!\n)[\p{Cc}\p{Cs}\ufeff]/gu, ' ')
    .trim();
  if (clean === undefined || clean === '') return undefined;
  return clean.length > longest ? clean.slice(0, longest).replaceAll(/\p{Cs}/gu, '') : clean;
}

/** Keywords each once, whatever their case. */
export function uniqueKeywords(keywords: readonly string[]): string[] {
  const unique = new Map<string, string>();
  for (const keyword of keywords) {
    const clean = cleanText(keyword, LONGEST_KEYWORD)?.replaceAll('\n', ' ');
    if (clean !== undefined && !unique.has(clean.toLowerCase())) unique.set(clean.toLowerCase(), clean);
  }
  return [...unique.values()].slice(0, MOST_KEYWORDS);
}

/** Captions in the order of their fields, each text once. */
export function uniqueCaptions(captions: readonly FileCaption[]): FileCaption[] {
  const ordered = CAPTION_FIELDS.flatMap((field) => captions.filter((caption) => caption.field === field));
  const said = new Set<string>();
  return ordered.filter(({ text }) => !said.has(text) && said.add(text)).slice(0, MOST_CAPTIONS);
}
