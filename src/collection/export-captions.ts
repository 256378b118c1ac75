/**
 * Photos with the captions of people and data sets, as a folder that other programs read, and that imports again to the
 * same.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { EkphrasisError, ErrorCode } from '../errors.js';
import { writeFileAtomically } from '../files/atomic-file.js';
import { storageFailure } from '../files/storage-failure.js';
import type { DatasetId, ImageId } from '../ids.js';
import type { Split } from '../splits.js';
import { isOfPeople } from '../store/split-rules.js';
import type { Store } from '../store/store.js';
import { freePath } from './free-path.js';

/**
 * `txt`: `NAME.jpg.txt` beside each photo, a caption a line, and lists of the splits. `csv`: `captions.csv` with the
 * columns file, caption, split. `jsonl`: the same as `captions.jsonl`. `huggingface`: a folder for each split with
 * `metadata.jsonl`, as `load_dataset('imagefolder')` reads it.
 */
export const CAPTION_FORMATS = ['txt', 'csv', 'jsonl', 'huggingface'] as const;
export type CaptionFormat = (typeof CAPTION_FORMATS)[number];

export interface CaptionExport {
  readonly format: CaptionFormat;
  /** A folder that is empty or not there. */
  readonly to: string;
  /** Its photos, captions and splits, and people's captions. Default: those of all. */
  readonly dataset?: DatasetId | undefined;
  /** Only what people wrote, chose or adopted here. */
  readonly reviewed: boolean;
  /** Whether the photos are copied, too: without them the folder does not import. */
  readonly withPhotos: boolean;
}

export interface CaptionExportReport {
  readonly photos: number;
  readonly captions: number;
}

type ExportStore = Pick<Store, 'images' | 'captions' | 'datasetPhotos' | 'fileMetadata'>;

interface ExportedPhoto {
  readonly id: ImageId;
  /** Below the folder, with `/` between its parts. */
  readonly path: string;
  readonly split: Split | null;
  readonly captions: readonly string[];
}

/** Photos asked for at once. */
const PAGE = 100;
const HUGGING_FACE_SPLITS: Readonly<Record<Split, string>> = { train: 'train', dev: 'validation', test: 'test' };
/** Of photos that are in no split. */
const NO_SPLIT = 'unsplit';

/**
 * @param onProgress told of photos done and photos in all
 * @throws EkphrasisError BAD_USER_INPUT for a folder with something in it; STORAGE_FAILED
 */
export async function exportCaptions(
  wish: CaptionExport,
  store: ExportStore,
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<CaptionExportReport> {
  await checkEmpty(wish.to);
  const { count: total } = await store.images.count({ dataset: wish.dataset });
  const report = { photos: 0, captions: 0 };
  const lines = new Map<string, string[]>();
  const line = (file: string, text: string) => {
    const known = lines.get(file);
    if (known) known.push(text);
    else lines.set(file, [text]);
  };
  for await (const photo of exportedPhotos(wish, store)) {
    signal?.throwIfAborted();
    if (wish.withPhotos) await copyPhoto(photo, wish.to, store);
    for (const { file, text } of linesOf(photo, wish.format)) line(file, text);
    if (wish.format === 'txt' && photo.captions.length > 0)
      await write(join(wish.to, `${photo.path}.txt`), photo.captions);
    report.photos += 1;
    report.captions += photo.captions.length;
    onProgress?.(report.photos, total);
  }
  if (wish.format === 'csv') lines.set('captions.csv', ['file,caption,split', ...(lines.get('captions.csv') ?? [])]);
  for (const [file, texts] of lines) await write(join(wish.to, file), texts);
  return report;
}

async function* exportedPhotos(
  { to, dataset, reviewed, format }: CaptionExport,
  store: ExportStore,
): AsyncGenerator<ExportedPhoto> {
  const taken = new Set<string>();
  for await (const ids of store.fileMetadata.pages(PAGE, { dataset })) {
    const [images, references, places] = await Promise.all([
      store.images.findMany(ids),
      store.captions.referencesOf(ids),
      store.datasetPhotos.placesOf(ids),
    ]);
    for (const { id, name, split: mostHeldOut } of images) {
      const own = places.get(id) ?? [];
      const place = own.find(({ datasetId }) => datasetId === dataset) ?? own[0];
      const split = dataset === undefined ? mostHeldOut : (place?.split ?? null);
      const counting = (references.get(id) ?? []).filter(
        (caption) =>
          isOfPeople(caption) || (!reviewed && (dataset === undefined || caption.source === (dataset as string))),
      );
      const folder = format === 'huggingface' ? `${split === null ? NO_SPLIT : HUGGING_FACE_SPLITS[split]}/` : '';
      const path = relative(to, freePath(to, `${folder}${place?.path ?? name}`, taken));
      yield { id, path: path.split(sep).join('/'), split, captions: [...new Set(counting.map(({ text }) => text))] };
    }
  }
}

/** Of the files of all photos together. A photo without captions has a line with an empty one: it says its split. */
function linesOf(
  { path, split, captions: all }: ExportedPhoto,
  format: CaptionFormat,
): { readonly file: string; readonly text: string }[] {
  const captions = all.length > 0 ? all : [''];
  switch (format) {
    case 'txt':
      return split === null ? [] : [{ file: `${split}.txt`, text: path }];
    case 'csv':
      return captions.map((caption) => ({
        file: 'captions.csv',
        text: [path, caption, split ?? ''].map(quoted).join(','),
      }));
    case 'jsonl':
      return captions.map((caption) => ({
        file: 'captions.jsonl',
        text: JSON.stringify({ file: path, caption, split }),
      }));
    case 'huggingface': {
      const [folder = '', ...rest] = path.split('/');
      return captions.map((text) => ({
        file: `${folder}/metadata.jsonl`,
        text: JSON.stringify({ file_name: rest.join('/'), text }),
      }));
    }
  }
}

/** A cell of a CSV file: RFC 4180. */
function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

async function copyPhoto({ id, path }: ExportedPhoto, to: string, { images }: ExportStore): Promise<void> {
  await writeFileAtomically(join(to, path), images.read(id));
}

function write(path: string, lines: readonly string[]): Promise<void> {
  return writeFileAtomically(path, new TextEncoder().encode(`${lines.join('\n')}\n`));
}

async function checkEmpty(folder: string): Promise<void> {
  const names = await mkdir(folder, { recursive: true })
    .then(() => readdir(folder))
    .catch((cause: unknown) => {
      throw storageFailure(folder, cause);
    });
  if (names.length > 0) {
    const message = `${folder} is not empty: nothing is written over. Name a folder that is not there yet.`;
    throw new EkphrasisError(ErrorCode.BadInput, message);
  }
}
