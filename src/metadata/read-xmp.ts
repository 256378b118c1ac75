/** What an XMP packet says, of a sidecar or of a photo itself. */
import { parseDate } from './dates.js';
import {
  cleanText,
  type CaptionField,
  type FileCaption,
  type FileMetadata,
  spoken,
  type TakenAt,
} from './file-metadata.js';
import { markOf, readMarks, type WrittenField } from './marks.js';
import type { LanguageText, PropertyName, XmpDocument } from './xmp-document.js';
import {
  ALT_TEXT,
  aux,
  dc,
  DESCRIPTION,
  digiKam,
  exif,
  exifEx,
  iptcCore,
  lightroom,
  photoshop,
  tiff,
  xmp,
} from './xmp-names.js';

const CAPTIONS: readonly (readonly [CaptionField, PropertyName])[] = [
  ['altText', ALT_TEXT],
  ['extendedDescription', iptcCore('ExtDescrAccessibility')],
  ['description', DESCRIPTION],
  ['imageDescription', tiff('ImageDescription')],
];

/** Dates of taking, the most telling first: programs of photographers correct the first two. */
const DATES = [exif('DateTimeOriginal'), photoshop('DateCreated'), exif('DateTimeDigitized'), xmp('CreateDate')];

/** What models wrote by way of Ekphrasis is among the captions. */
export function readXmp(document: XmpDocument): FileMetadata {
  const marks = readMarks(document);
  const captions = CAPTIONS.flatMap(([field, property]): FileCaption[] =>
    byLanguage(document.languages(property)).flatMap(({ language, text }) => {
      const clean = spoken(text);
      return clean === undefined
        ? []
        : [{ field, language, text: clean, writtenBy: markOf(marks, field as WrittenField, text)?.author.by }];
    }),
  );
  const title = byLanguage(document.languages(dc('title')))[0]?.text;
  const lens = document.text(exifEx('LensModel')) ?? document.text(aux('Lens'));
  return {
    takenAt: takenAtOf(document),
    camera: cameraName(document.text(tiff('Make')), document.text(tiff('Model'))),
    lens: cleanText(lens),
    orientation: wholeNumber(document.text(tiff('Orientation')), 1, 8),
    title: spoken(title),
    keywords: [
      ...document.list(dc('subject')),
      ...hierarchical([...document.list(digiKam('TagsList')), ...document.list(lightroom('hierarchicalSubject'))]),
    ],
    rating: wholeNumber(document.text(xmp('Rating')), -1, 5),
    captions,
  };
}

function takenAtOf(document: XmpDocument): TakenAt | undefined {
  const offset = document.text(exifEx('OffsetTimeOriginal'));
  for (const property of DATES) {
    const date = parseDate(document.text(property), offset);
    if (date) return date;
  }
  return undefined;
}

/**
 * The texts with their languages. What stands under `x-default` and once more under its language is one text, of that
 * language.
 */
function byLanguage(
  texts: readonly LanguageText[],
): { readonly language: string | undefined; readonly text: string }[] {
  const named = texts.filter(({ language }) => language.toLowerCase() !== 'x-default');
  const unnamed = texts.filter(
    ({ language, text }) => language.toLowerCase() === 'x-default' && named.every((other) => other.text !== text),
  );
  return [...unnamed.map(({ text }) => ({ language: undefined, text })), ...named];
}

/** Paths of a hierarchy with `/` between their parts, and each path's last part. */
function hierarchical(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const parts = path
      .split(/[|/]/u)
      .map((part) => part.trim())
      .filter((part) => part !== '');
    const last = parts.at(-1);
    return last === undefined ? [] : parts.length === 1 ? [last] : [last, parts.join('/')];
  });
}

/** Maker and model, the maker once. */
export function cameraName(make: string | undefined, model: string | undefined): string | undefined {
  const maker = cleanText(make);
  const name = cleanText(model);
  if (maker === undefined || name === undefined) return name ?? maker;
  const [brand = ''] = maker.split(' ');
  return name.toLowerCase().startsWith(brand.toLowerCase()) ? name : `${maker} ${name}`;
}

export function wholeNumber(value: string | number | undefined, least: number, most: number): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = Math.round(Number(value));
  return Number.isInteger(number) && number >= least && number <= most ? number : undefined;
}
