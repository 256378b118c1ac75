/**
 * Missing `alt` attributes of a page filled: with what people approved, and where it is wished with what is only suggested,
 * marked as that. An `alt` that is there, an empty one as well, stays.
 */
import { readFile, realpath } from 'node:fs/promises';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { fileState, replaceFile } from '../files/replace-file.js';
import type { Sha256 } from '../ids.js';
import { languageSchema } from '../language/languages.js';
import { type HtmlPage, insertAltTexts, type Insertion, type PageImage, readPage } from './html-page.js';
import type { ImageFiles } from './image-files.js';

/** What is known of a file's photo. */
export interface KnownText {
  /** Of the photo: two files may be one. */
  readonly imageId: string;
  readonly state: 'MISSING' | 'SUGGESTED' | 'APPROVED' | 'DECORATIVE';
  /** Approved, or suggested. */
  readonly text: string | undefined;
}

/** In the order of the files; undefined for those that are no photos of the collection. */
export type LookUp = (
  sha256s: readonly Sha256[],
  language: string | undefined,
) => Promise<readonly (KnownText | undefined)[]>;

export const IMAGE_OUTCOMES = [
  /** It has an `alt`. */
  'kept',
  /** It has an `alt` that was suggested, and is marked so. */
  'marked',
  /** It gets an approved text. */
  'filled',
  /** It gets an empty one. */
  'decorative',
  /** It gets a text that nobody has approved, marked so. */
  'suggested',
  /** Nobody has approved a text for its photo. */
  'missing',
  /** Its file is no photo of the collection. */
  'unknown',
  /** Its addresses name several photos. */
  'ambiguous',
  /** Its file is not there. */
  'notFound',
  /** It is on another server. */
  'remote',
] as const;
export type ImageOutcome = (typeof IMAGE_OUTCOMES)[number];

/** Of these the tag has an `alt` when the page is written. */
export const DONE: ReadonlySet<ImageOutcome> = new Set(['kept', 'marked', 'filled', 'decorative', 'suggested']);
/** These change the page. */
const WRITTEN: ReadonlySet<ImageOutcome> = new Set(['filled', 'decorative', 'suggested']);

export interface ImageReport {
  readonly line: number;
  readonly src: string;
  readonly outcome: ImageOutcome;
  /** What it gets; what is suggested for it, where that is not wanted. */
  readonly alt?: string | undefined;
}

export interface PageReport {
  readonly file: string;
  readonly images: readonly ImageReport[];
  /** Whether its file was changed. */
  readonly written: boolean;
}

export interface PageWish {
  readonly file: string;
  /** What an address that begins with `/` begins with. */
  readonly root: string;
  /** BCP 47. Default: what the page says, else that of the collection. */
  readonly language: string | undefined;
  /** Suggested texts are put in, too. */
  readonly suggest: boolean;
  readonly write: boolean;
}

/**
 * @throws EkphrasisError BAD_USER_INPUT for an encoding that is left alone; CONFLICT where another program changes the
 *   file meanwhile; what the file system and `lookUp` throw
 */
export async function fillPage(wish: PageWish, files: ImageFiles, lookUp: LookUp): Promise<PageReport> {
  const path = await realpath(wish.file);
  const before = await fileState(path);
  const page = readPage(await readFile(path));
  const found = await findTexts(page, { ...wish, file: path }, files, lookUp);
  const reports = page.images.map(
    (image) => found.get(image) ?? reportOf(image, image.isSuggested ? 'marked' : 'kept'),
  );
  const insertions = [...found].flatMap(([image, { outcome, alt = '' }]): Insertion[] =>
    WRITTEN.has(outcome) ? [{ image, alt, isSuggestion: outcome === 'suggested' }] : [],
  );
  const write = wish.write && insertions.length > 0;
  if (write && before) {
    const bytes = insertAltTexts(page, insertions);
    const replaced = await replaceFile(path, {
      ...{ bytes, before, like: before, keepTime: false },
      check: (readBack) => checkWritten(readBack, page, insertions),
    });
    if (!replaced)
      throw new EkphrasisError(ErrorCode.Conflict, 'Another program changed it meanwhile: nothing was written.');
  }
  return { file: wish.file, images: reports, written: write };
}

/** What becomes of the images without an `alt`. */
async function findTexts(
  page: HtmlPage,
  { file, root, language, suggest }: PageWish,
  files: ImageFiles,
  lookUp: LookUp,
): Promise<Map<PageImage, ImageReport>> {
  const open = page.images.filter(({ alt }) => alt === undefined);
  const folder = { page: file, root, base: page.base };
  const named = await Promise.all(
    open.map(async (image) => ({
      image,
      files: await Promise.all(image.addresses.map((address) => files.find(address, folder))),
    })),
  );
  const sha256s = [
    ...new Set(named.flatMap((one) => one.files.flatMap((own) => (own.kind === 'bytes' ? [own.sha256] : [])))),
  ];
  const tag = language ?? languageSchema.safeParse(page.language).data;
  const texts = sha256s.length === 0 ? [] : await lookUp(sha256s, tag);
  const known = new Map(sha256s.map((sha256, index) => [sha256, texts[index]]));
  return new Map(
    named.map(({ image, files: own }) => {
      const photos = own.flatMap((one) => (one.kind === 'bytes' ? (known.get(one.sha256) ?? []) : []));
      const ids = new Set(photos.map(({ imageId }) => imageId));
      const [photo] = photos;
      if (ids.size > 1) return [image, reportOf(image, 'ambiguous')];
      if (photo) return [image, ofPhoto(image, photo, suggest)];
      const kinds = new Set(own.map(({ kind }) => kind));
      const outcome = kinds.has('bytes') ? 'unknown' : kinds.has('none') || kinds.size === 0 ? 'notFound' : 'remote';
      return [image, reportOf(image, outcome)];
    }),
  );
}

function ofPhoto(image: PageImage, { state, text }: KnownText, suggest: boolean): ImageReport {
  if (state === 'DECORATIVE') return { ...reportOf(image, 'decorative'), alt: '' };
  if (state === 'APPROVED') return { ...reportOf(image, 'filled'), alt: text };
  return { ...reportOf(image, suggest && text !== undefined ? 'suggested' : 'missing'), alt: text };
}

function reportOf({ line, name, alt }: PageImage, outcome: ImageOutcome): ImageReport {
  return { line, src: name, outcome, alt };
}

/** The page as it reads back has the same images, with the texts. */
function checkWritten(readBack: Uint8Array, before: HtmlPage, insertions: readonly Insertion[]): Promise<void> {
  const { images } = readPage(readBack);
  const given = new Map(insertions.map(({ image, alt }) => [image, alt]));
  const expected = before.images.map((image) => given.get(image) ?? image.alt);
  const isRight = images.length === expected.length && images.every(({ alt }, index) => alt === expected[index]);
  if (isRight) return Promise.resolve();
  const message = 'What was written does not read back: it is left as it was.';
  return Promise.reject(new EkphrasisError(ErrorCode.BadInput, message));
}
