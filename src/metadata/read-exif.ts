/** What EXIF and IPTC's IIM say, read by ExifReader. */
import ExifReader from 'exifreader';
import { parseDate } from './dates.js';
import { cleanText, type FileCaption, type FileMetadata, spoken } from './file-metadata.js';
import { cameraName, wholeNumber } from './read-xmp.js';

/** A tag as ExifReader gives it, as far as we look. */
interface Tag {
  readonly value?: unknown;
  readonly description?: unknown;
}
type Tags = Readonly<Record<string, Tag | readonly Tag[] | undefined>>;

/** @returns nothing for a file in which nothing is found, and for one that ExifReader cannot read */
export function readExif(bytes: Uint8Array): FileMetadata {
  const { exif = {}, iptc = {} } = load(bytes);
  const text = (name: string) => textOf(exif[name]);
  const first = (name: string) => iptcTexts(iptc[name])[0];
  const fraction = text('SubSecTimeOriginal');
  const original = text('DateTimeOriginal');
  const takenAt =
    parseDate(
      original !== undefined && /^\d+$/u.test(fraction ?? '') ? `${original}.${fraction}` : original,
      text('OffsetTimeOriginal') ?? text('OffsetTime'),
    ) ??
    parseDate(text('DateTimeDigitized'), text('OffsetTimeDigitized')) ??
    parseDate(`${first('Date Created') ?? ''} ${first('Time Created') ?? ''}`.trim());
  const camera = cameraName(text('Make'), text('Model'));
  const captions = [
    { field: 'caption', text: spoken(first('Caption/Abstract')) },
    { field: 'imageDescription', text: spoken(text('ImageDescription')) },
  ] as const;
  return {
    takenAt,
    camera,
    lens: cleanText(text('LensModel')),
    orientation: wholeNumber(numberOf(exif['Orientation']), 1, 8),
    title: spoken(first('Object Name')),
    keywords: iptcTexts(iptc['Keywords']),
    rating: wholeNumber(numberOf(exif['Rating']), 0, 5),
    // A camera's name is no description.
    captions: captions.flatMap(({ field, text: said }): FileCaption[] =>
      said === undefined || said === camera || said === cleanText(text('Model')) ? [] : [{ field, text: said }],
    ),
  };
}

/** ExifReader throws whatever comes of a damaged file, and where nothing is found. */
function load(bytes: Uint8Array): { readonly exif?: Tags; readonly iptc?: Tags } {
  try {
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    return ExifReader.load(buffer, { expanded: true, includeTags: { exif: true, iptc: true } }) as ReturnType<
      typeof load
    >;
  } catch {
    return {};
  }
}

function textOf(tag: Tags[string]): string | undefined {
  if (!tag || isList(tag)) return undefined;
  const value: unknown = Array.isArray(tag.value) ? tag.value[0] : tag.value;
  return typeof value === 'string' ? value : undefined;
}

function numberOf(tag: Tags[string]): number | undefined {
  return tag && !isList(tag) && typeof tag.value === 'number' ? tag.value : undefined;
}

/** Of one tag or of several. Many programs write UTF-8 and do not say so; what is none is Windows-1252. */
function iptcTexts(tag: Tags[string]): string[] {
  const tags = tag === undefined ? [] : isList(tag) ? tag : [tag];
  return tags.flatMap(({ value, description }) => {
    if (Array.isArray(value) && value.every((byte) => typeof byte === 'number'))
      return [decode(Uint8Array.from(value))];
    return typeof description === 'string' ? [description] : [];
  });
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function isList(tag: Tag | readonly Tag[]): tag is readonly Tag[] {
  return Array.isArray(tag);
}
