/** Whatever is written in a format is read back equal. READER_RUNS=1000 for as many runs as the measurements had. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { collect } from './collect.js';
import { LAYOUTS, type Photo } from './layouts.js';

const RUNS = Number(process.env.READER_RUNS ?? 25);

const word = fc.constantFrom('dog', 'Straße', 'café', 'кошка', '猫が', 'كلب', 'ลูกหมา', '2', 'naïve', 'it’s', '😀', 'black/white', '"quoted"', 'one,', 'two;', '|', '#3');
const caption = fc.tuple(fc.constantFrom('A', 'Ein', 'Кот', '一只', 'كلب'), fc.array(word, { minLength: 1, maxLength: 6 })).map(([first, rest]) => [first, ...rest].join(' '));
const name = fc.constantFrom('a', 'two words', 'ö', 'кот', '猫', 'x#1', "it's", 'c;d', 'e,f', 'Z');
const photo = fc.record({
  folder: fc.constantFrom('', 'Images/', 'deep/er/', 'Фото/'),
  name: fc.tuple(name, fc.nat(999)).map(([letters, number]) => `${letters}${number}.jpg`),
  split: fc.constantFrom('train' as const, 'dev' as const, 'test' as const),
  captions: fc.uniqueArray(caption, { minLength: 1, maxLength: 3 }),
}).map(({ folder, name: base, ...rest }): Photo => ({ path: folder + base, ...rest }));
const photos = fc.uniqueArray(photo, { minLength: 1, maxLength: 8, selector: ({ path }) => path.toLowerCase() });
const style = fc.record({ lineEnd: fc.constantFrom('\n', '\r\n', '\r'), separator: fc.constantFrom(',', ';', '\t') });
const encode = fc.constantFrom<(text: string) => Uint8Array>(
  (text) => Buffer.from(text),
  (text) => Buffer.from(`\ufeff${text}`),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
);

test.each(Object.keys(LAYOUTS))('%s: what was written is read back equal', async (layout) => {
  await fc.assert(
    fc.asyncProperty(photos, style, encode, async (written, how, toBytes) => {
      const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-round-'));
      try {
        const texts = Object.entries(LAYOUTS[layout]?.(written, how) ?? {}).map(([path, text]) => [path, toBytes(text)] as const);
        for (const [path, content] of [...written.map((one) => [one.path, 'JPEG'] as const), ...texts]) {
          await mkdir(dirname(join(folder, path)), { recursive: true });
          await writeFile(join(folder, path), content);
        }
        const dataset = await openDataset(folder);
        expect(dataset.format).toBe(layout);
        const read = (await collect(dataset.items)).map(({ path, split, captions }) => ({ path, split, captions }));
        expect(read).toEqual([...written].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, split, captions }) => ({ path, split, captions })));
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
    { numRuns: RUNS },
  );
});
