/** Who wrote a caption that Ekphrasis put into a file: kept beside it, with the hash of the text as it was written. */
import { createHash } from 'node:crypto';
import { type PropertyName, type XmpDocument } from './xmp-document.js';
import { ALT_TEXT, DESCRIPTION, ekphrasis } from './xmp-names.js';

/** The fields that are written. */
export const WRITTEN_FIELDS = { altText: ALT_TEXT, description: DESCRIPTION } as const satisfies Readonly<
  Record<string, PropertyName>
>;
export type WrittenField = keyof typeof WRITTEN_FIELDS;

export type Author =
  | { readonly by: 'person' | 'dataset' }
  /** `confidence` 0 to 1. */
  | { readonly by: 'model'; readonly model: string; readonly confidence: number };

export interface Mark {
  readonly field: WrittenField;
  /** A BCP 47 tag. */
  readonly language: string;
  /** Of the text in UTF-8, in hexadecimal. */
  readonly sha256: string;
  readonly author: Author;
}

const MARKS = ekphrasis('Captions');

export function textSha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The marks of a packet; what is damaged of them is passed over. */
export function readMarks(document: XmpDocument): Mark[] {
  return document.structures(MARKS).flatMap((fields): Mark[] => {
    const field = fieldOf(fields.get('Field'));
    const language = fields.get('Language');
    const sha256 = fields.get('TextSHA256');
    const by = fields.get('Author');
    if (!field || language === undefined || sha256 === undefined) return [];
    if (by === 'person' || by === 'dataset') return [{ field, language, sha256, author: { by } }];
    const confidence = Number(fields.get('Confidence'));
    return [{ field, language, sha256, author: { by: 'model', model: fields.get('Model') ?? '', confidence } }];
  });
}

export function writeMarks(document: XmpDocument, marks: readonly Mark[]): void {
  document.setStructures(
    MARKS,
    marks.map(({ field, language, sha256, author }) => [
      ['Field', WRITTEN_FIELDS[field].name],
      ['Language', language],
      ['Author', author.by],
      ...(author.by === 'model'
        ? ([
            ['Model', author.model],
            ['Confidence', author.confidence.toFixed(3)],
          ] as const)
        : []),
      ['TextSHA256', sha256],
    ]),
  );
}

/** The mark of a text that still is as Ekphrasis wrote it. */
export function markOf(marks: readonly Mark[], field: WrittenField, text: string): Mark | undefined {
  const sha256 = textSha256(text);
  return marks.find((mark) => mark.field === field && mark.sha256 === sha256);
}

function fieldOf(name: string | undefined): WrittenField | undefined {
  const fields = Object.keys(WRITTEN_FIELDS) as WrittenField[];
  return fields.find((field) => WRITTEN_FIELDS[field].name === name);
}
