/**
 * Whatever is written in a format is read back equal. READER_RUNS=1000 for as many runs as the measurements had
 * (bench/import-layouts).
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { collect } from './collect.js';
import { LAYOUTS, MULTILINE, type Photo } from './layouts.js';

const RUNS = Number(process.env.READER_RUNS ?? 25);

/** What a file is written in, and what it can hold. */
interface Writing {
  readonly encode: (text: string) => Uint8Array;
  /** Said of every photo, so that there is enough text where the encoding is guessed; undefined where it is known. */
  readonly sentence: string | undefined;
  readonly words: readonly string[];
  /** Of photos and folders. */
  readonly names: readonly string[];
}

const EVERYWHERE = ['dog', '2', 'black/white', '"quoted"', 'one,', 'two;', '|', '#3', "it's"];
const EVERY_NAME = ['a', 'two words', 'x#1', "it's", 'c;d', 'e,f', 'Z'];
const MIXED = ['Straße', 'café', 'кошка', '猫が', 'كلب', 'ลูกหมา', 'naïve', 'it’s', '😀', 'הכלב', 'हिन्दी', '한국어'];
const MIXED_NAMES = ['ö', 'кот', '猫', 'Фото 写真', 'صور', 'e\u0301té', '한글', 'Ağaç'];

function known(encode: Writing['encode']): Writing {
  return { encode, sentence: undefined, words: [...EVERYWHERE, ...MIXED], names: [...EVERY_NAME, ...MIXED_NAMES] };
}

function guessed(encoding: string, sentence: string, words: readonly string[], names: readonly string[]): Writing {
  return {
    encode: (text) => iconv.encode(text, encoding),
    sentence,
    words: [...EVERYWHERE, ...words],
    names: [...EVERY_NAME, ...names],
  };
}

const WRITINGS: readonly Writing[] = [
  known((text) => Buffer.from(text)),
  known((text) => Buffer.from(`\ufeff${text}`)),
  known((text) => Buffer.from(`\ufeff${text}`, 'utf16le')),
  known((text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()),
  { ...known((text) => Buffer.from(text, 'utf16le')), sentence: 'Two dogs run over the grass' },
  { ...known((text) => Buffer.from(text, 'utf16le').swap16()), sentence: 'Two dogs run over the grass' },
  guessed(
    'windows-1252',
    'Ein Mädchen läuft über die große Straße',
    ['Hündin', '„Brücke“', '–', 'größer'],
    ['ö', 'Straße'],
  ),
  guessed(
    'windows-1252',
    'Un garçon près de la fenêtre d’un café déjà fermé',
    ['à', 'été', '«chien»', 'forêt', '…'],
    ['été', 'façade'],
  ),
  guessed('iso-8859-1', 'Dos niños pequeños juegan en la montaña', ['año', '¿qué?', 'jardín'], ['niño']),
  guessed('windows-1250', 'Mężczyzna jedzie na rowerze przez łąkę w śniegu', ['pięć', 'źrebię', 'żółty'], ['łódź']),
  guessed('iso-8859-2', 'Muž jede ve sněhu na příliš žluťoučkém koni', ['děti', 'kůň', 'šest'], ['kůň']),
  guessed('windows-1254', 'Şapkalı kız çayırda koşuyor, yağmur yağıyor', ['ağaç', 'köpek', 'ışık'], ['ağaç']),
  guessed('windows-1251', 'Девочка бежит по лугу, две собаки играют на пляже', ['кошка', 'дом', 'ёж'], ['кот', 'Фото']),
  guessed('shift_jis', '二匹の犬が海辺で遊んでいて、女の子が草原を走っている', ['猫が', 'カーテン'], ['猫']),
];

/** White space within a caption; a line end where the format can hold one. */
const between = (multiline: boolean) => fc.constantFrom(' ', ' ', ' ', ...(multiline ? ['\n', '\r\n'] : []));

function photoOf({ words, names, sentence }: Writing, multiline: boolean): fc.Arbitrary<Photo> {
  const name = fc.constantFrom(...names);
  const caption = fc
    .tuple(
      fc.constantFrom('A', 'Ein', 'The'),
      fc.array(fc.tuple(between(multiline), fc.constantFrom(...words)), { minLength: 1, maxLength: 6 }),
    )
    .map(([first, rest]) => first + rest.flat().join(''));
  return fc
    .record({
      folders: fc.array(name, { maxLength: 2 }),
      name: fc.tuple(name, fc.nat(999)).map(([letters, number]) => `${letters}${number}.jpg`),
      split: fc.constantFrom('train' as const, 'dev' as const, 'test' as const),
      captions: fc.uniqueArray(caption, { minLength: 1, maxLength: 3, selector: oneLine }),
    })
    .map(({ folders, name: base, captions, ...rest }) => ({
      path: [...folders, base].join('/'),
      captions: sentence === undefined ? captions : [sentence, ...captions],
      ...rest,
    }));
}

function datasetOf(layout: string) {
  return fc.constantFrom(...WRITINGS).chain((writing) =>
    fc
      .record({
        encode: fc.constant(writing.encode),
        photos: fc.uniqueArray(photoOf(writing, MULTILINE.has(layout)), {
          minLength: 1,
          maxLength: 8,
          selector: ({ path }) => path.normalize('NFC').toLowerCase(),
        }),
        style: fc.record({
          lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
          separator: fc.constantFrom(',', ';', '\t'),
          quoteAll: fc.boolean(),
        }),
        isWestern: fc.boolean(),
      })
      .map(({ isWestern, ...rest }) => ({
        ...rest,
        // Whether the names are in Windows-1252 on the disk, where that has the letters of all.
        western: isWestern && rest.photos.every(({ path }) => westernBytes(path) !== undefined),
      })),
  );
}

/** What a caption becomes: one line. */
function oneLine(caption: string): string {
  return caption.replaceAll(/[\r\n]+/g, ' ');
}

/** A path's bytes in Windows-1252, where that can hold them. */
function westernBytes(path: string): Buffer | undefined {
  const bytes = iconv.encode(path, 'windows-1252');
  return iconv.decode(bytes, 'windows-1252') === path ? bytes : undefined;
}

async function put(folder: string, path: string, content: string | Uint8Array, western = false): Promise<void> {
  const bytes = (western ? westernBytes(path) : undefined) ?? Buffer.from(path);
  const place = Buffer.concat([Buffer.from(`${folder}/`), bytes]);
  await mkdir(place.subarray(0, place.lastIndexOf('/')), { recursive: true });
  await writeFile(place, content);
}

test.each(Object.keys(LAYOUTS))('%s: what was written is read back equal', async (layout) => {
  await fc.assert(
    fc.asyncProperty(datasetOf(layout), async ({ encode, photos, style, western }) => {
      const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-round-'));
      try {
        for (const { path } of photos) await put(folder, path, 'JPEG', western);
        // Texts beside photos lie where these do, under the same names.
        for (const [path, text] of Object.entries(LAYOUTS[layout]?.(photos, style) ?? {}))
          await put(folder, path, encode(text), western && layout === 'beside');
        const dataset = await openDataset(folder);
        expect(dataset.format).toBe(layout);
        const read = (await collect(dataset.items)).map(({ path, split, captions }) => ({ path, split, captions }));
        const wanted = [...photos].sort((a, b) => (a.path < b.path ? -1 : 1));
        expect(read).toEqual(
          wanted.map(({ path, split, captions }) => ({ path, split, captions: captions.map(oneLine) })),
        );
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
    { numRuns: RUNS },
  );
});
