import { readFile, realpath } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import type { Dataset, DatasetItem, DatasetSummary } from './dataset.js';
import type { Split } from '../splits.js';
import { ACCEPTED_FORMATS } from '../vision/file-format.js';
import { checkFolder, filesBelow, type FolderFile } from './folder.js';
import { checkFormat, FOLDER, READERS } from './formats/all.js';
import { dealSplits } from './held-out.js';
import { join } from './join.js';
import { sortFiles } from './photo-files.js';
import { isSidecar, sidecarPaths } from '../metadata/sidecars.js';
import { PhotoIndex } from './photo-index.js';
import { amount, ProblemList } from './problems.js';
import type { Annotation, Columns, Reader, Reading } from './reader.js';
import { isSplitList, readSplitLists, tellMissingLists } from './split-lists.js';
import { readTextFile, type TextFile, withOneEncoding } from './text-files.js';
import { isNamedAsCaptions, looksLikeCaptions, refuseUnread, tellUnread } from './unread.js';

export interface OpenOptions {
  /** One of `FORMATS`; by default what the files contain decides. */
  readonly format?: string | undefined;
  /** Makes any table readable. */
  readonly columns?: Columns | undefined;
  /** Links that lead out of this folder are not followed. */
  readonly within?: string | undefined;
}

const BACKUP = /(?:~|\.(?:bak|backup|old|orig|save|sav|tmp|swp))$/i;

/**
 * Opens a folder as the data set it is: photos, and their captions in any of the formats that are read.
 *
 * @throws EkphrasisError INVALID_DATASET when there is no such folder, no photo in it, or captions that cannot be read
 *   or belong to none of its photos; BAD_USER_INPUT for an unknown format
 */
export async function openDataset(path: string, { format, columns, within }: OpenOptions = {}): Promise<Dataset> {
  checkFormat(format);
  await checkFolder(path);
  const folder = resolve(path);
  const problems = new ProblemList();
  const { photos: files, others } = await sortFiles(await filesBelow(folder, problems, within), problems);
  if (files.length === 0) {
    const found = problems
      .list()
      .map(({ message }) => ` ${message}`)
      .join('');
    throw new EkphrasisError(
      ErrorCode.InvalidDataset,
      `There is no photo in ${path} (looked for ${ACCEPTED_FORMATS}).${found}`,
    );
  }
  const photos = new PhotoIndex(files);
  const reading: Reading = { photos, columns, problems };
  const sidecars = new Map(
    others.filter(({ name }) => isSidecar(name)).map(({ path: at, location }) => [at.toLowerCase(), location]),
  );
  const rest = others.filter(({ name }) => !isSidecar(name));
  const texts = format === FOLDER ? [] : await readTexts(rest, reading);
  const annotations = annotate(path, texts, reading, format);
  const { captions, splits } = annotations;
  const items = files.map((photo): DatasetItem => ({
    path: photo.path,
    name: photo.name,
    read: () => readFile(photo.location),
    sidecars: sidecarPaths(photo.path).flatMap((at) => sidecars.get(at.toLowerCase()) ?? []),
    split: splits.get(photo) ?? null,
    captions: captions.get(photo) ?? [],
  }));
  return {
    name: basename(folder),
    origin: await realpath(folder),
    format: annotations.format,
    summary: { format: annotations.name, ...countsOf(items) },
    items: { [Symbol.asyncIterator]: () => each(items) },
    count: items.length,
    problems: problems.list(),
  };
}

/** Of files that hold no captions and no split list nothing is kept: they may be large. */
async function readTexts(files: readonly FolderFile[], reading: Reading): Promise<TextFile[]> {
  const texts: TextFile[] = [];
  for (const file of files) {
    const text = await readTextFile(file, reading.problems);
    if (!text) continue;
    const isWanted =
      isNamedAsCaptions(text) ||
      isSplitList(text, reading.photos) ||
      READERS.some((reader) => reader.recognise([text], reading).length > 0) ||
      looksLikeCaptions(text, reading.photos);
    if (isWanted) texts.push(text);
  }
  return withOneEncoding(texts);
}

interface Annotations {
  readonly format: string;
  readonly name: string;
  readonly captions: ReadonlyMap<FolderFile, readonly string[]>;
  readonly splits: ReadonlyMap<FolderFile, Split>;
}

function annotate(path: string, texts: readonly TextFile[], reading: Reading, format: string | undefined): Annotations {
  const { photos, problems } = reading;
  const lists = texts.filter((file) => isSplitList(file, photos));
  const rest = texts.filter((file) => !lists.includes(file));
  // What an editor or a program left of an earlier state would bring back captions that were corrected since.
  const present = rest.filter(({ name }) => !BACKUP.test(name));
  const chosen = choose(present.length > 0 ? present : rest, reading, format);
  const unread = rest.filter((file) => !chosen?.files.includes(file));
  if (!chosen) refuseUnread(unread, reading);
  tellUnread(unread, chosen?.reader, reading);
  for (const file of [...(chosen?.files ?? []), ...lists]) file.tellEncoding(problems);

  const captioned = chosen?.reader.read(chosen.files, reading) ?? [];
  const hasSplits = captioned.some(({ split }) => split !== undefined);
  const listed = hasSplits ? [] : readSplitLists(lists);
  const joined = join([...captioned, ...listed], photos, problems);
  if (chosen && joined.read > 0) checkMatches(path, captioned, joined.captions.size, reading, chosen.reader);
  if (chosen && joined.read === 0) {
    const names = chosen.files.map((file) => file.path).join(', ');
    problems.say('no captions found', `In ${names} no captions were found.`);
  }
  if (joined.captions.size > 0) {
    for (const { path: photo } of photos.photos.filter((file) => !joined.captions.has(file))) {
      problems.add('no captions', (count) => `${amount(count, 'image has', 'images have')} no captions`, photo);
    }
  }
  if (lists.length > 0 && !hasSplits) tellMissingLists(lists, problems);
  const needSplits = lists.length === 0 && !hasSplits && joined.captions.size > 0;
  const splits = needSplits ? dealSplits(captioned, photos, problems) : joined.splits;
  return {
    format: chosen?.reader.id ?? FOLDER,
    name: chosen?.reader.name ?? 'A folder of photos',
    captions: joined.captions,
    splits,
  };
}

interface Chosen {
  readonly reader: Reader;
  readonly files: readonly TextFile[];
}

/** The first format that any of the files is in. A person who named columns wants no other than that table. */
function choose(files: readonly TextFile[], reading: Reading, format: string | undefined): Chosen | undefined {
  const wanted = format ?? (reading.columns ? 'table' : undefined);
  const candidates = READERS.filter(({ id }) => wanted === undefined || id === wanted);
  const recognised = candidates.map((reader) => ({ reader, files: reader.recognise(files, reading) }));
  const found = recognised.find((one) => one.files.length > 0);
  if (found || wanted === undefined || wanted === FOLDER) return found;
  const what = reading.columns
    ? `has the columns ${Object.values(reading.columns)
        .filter((name) => name !== undefined)
        .join(' and ')}`
    : `is in the format ${wanted}`;
  throw new EkphrasisError(
    ErrorCode.InvalidDataset,
    `No file ${what}. ${
      files.length > 0
        ? `Looked into ${files
            .slice(0, 5)
            .map((file) => file.path)
            .join(', ')}.`
        : 'There is no file with captions.'
    }`,
  );
}

/** Captions that belong to no photo are a mistake of the folder or of the format, never a folder of photos. */
function checkMatches(
  path: string,
  captioned: readonly Annotation[],
  matched: number,
  { photos, problems }: Reading,
  { name }: Reader,
): void {
  const names = new Set(captioned.filter(({ captions }) => captions.length > 0).map(({ photo }) => photo));
  if (matched > 0) return;
  const found = captioned
    .map(({ photo, file, split }) => photos.find(photo, file, split))
    .filter((one) => one !== undefined);
  if (found.some((one) => one !== 'ambiguous')) {
    problems.say('no captions found', 'No captions were found that could be kept.');
    return;
  }
  if (found.length > 0) {
    const ambiguous = `Each of the names that ${name} has fits several photos in ${path}: ${[...names].slice(0, 3).join(', ')}. Names with the folders of the photos, or with their extensions, tell them apart.`;
    throw new EkphrasisError(ErrorCode.InvalidDataset, ambiguous);
  }
  const message = `None of the captions belongs to a photo in ${path}. ${name} names ${[...names].slice(0, 3).join(', ')}; the folder has ${photos.photos
    .slice(0, 3)
    .map((photo) => photo.path)
    .join(', ')}. Import the photos alone with --format ${FOLDER}.`;
  throw new EkphrasisError(ErrorCode.InvalidDataset, message);
}

function countsOf(items: readonly DatasetItem[]): Omit<DatasetSummary, 'format'> {
  const count = (split: Split) => items.filter((item) => item.split === split).length;
  const splits = { train: count('train'), dev: count('dev'), test: count('test') };
  const hasSplits = splits.train + splits.dev + splits.test > 0;
  return {
    photos: items.length,
    captions: items.reduce((sum, { captions }) => sum + captions.length, 0),
    splits: hasSplits ? splits : null,
  };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}
