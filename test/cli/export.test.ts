/** What files say, and captions brought to other programs, on the command line. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasPerl, exiftool } from '../metadata/exiftool.js';
import { drawnPicture } from '../vision/pictures.js';
import { type CommandLine, openCommandLine } from './command-line.js';

let line: CommandLine;
let folder: string;
beforeAll(async () => {
  line = await openCommandLine();
  folder = join(line.directory, 'photos');
  await mkdir(folder);
  const picture = async (seed: number) => sharp(await drawnPicture(seed, 64, 48)).jpeg();
  const said =
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5" xmp:CreateDate="2021-07-01"><dc:description>A stork nests</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>';
  await writeFile(join(folder, 'stork.jpg'), await (await picture(1)).withXmp(said).toBuffer());
  await writeFile(join(folder, 'house.jpg'), await (await picture(2)).toBuffer());
  await writeFile(join(folder, 'captions.csv'), 'file,caption\nhouse.jpg,a red house\n');
  expect(await line.run('import', folder)).toMatchObject({ code: 0 });
});
afterAll(() => line.close());

test('searches are narrowed by date and stars; captions of files are read again and adopted', async () => {
  const search = async (...more: string[]) => (await line.run('search', '--mode', 'text', 'stork', ...more)).stdout;
  expect(await search('--rated', '5', '--taken-from', '2021-07-01')).toContain('stork.jpg');
  expect(await search('--taken-before', '2021-07-01')).toBe('');
  expect(await line.run('search', 'stork', '--taken-from', 'yesterday')).toMatchObject({ code: 2 });
  expect((await line.run('metadata', 'refresh')).stdout).toBe('The files of 2 photos were read.\n');
  expect(await line.run('metadata', 'adopt')).toMatchObject({ code: 2 });
  expect((await line.run('metadata', 'adopt', '--dataset', 'photos')).stdout).toBe(
    '1 caption adopted; 1 photo had none.\n',
  );
});

test('captions are written beside photos, and into a folder', async () => {
  const before = await readdir(folder);
  expect((await line.run('export', 'xmp', '--dry-run')).stdout).toBe('2 photos would be written.\n');
  expect(await readdir(folder)).toEqual(before);
  expect(JSON.parse((await line.run('export', 'xmp', '--json')).stdout)).toMatchObject({ written: 2, failed: 0 });
  expect((await readdir(folder)).filter((name) => name.endsWith('.xmp')).sort()).toEqual([
    'house.jpg.xmp',
    'stork.jpg.xmp',
  ]);
  if (hasPerl)
    expect(exiftool('-b', '-XMP-iptcCore:AltTextAccessibility', join(folder, 'house.jpg.xmp'))).toBe('a red house');
  expect((await line.run('export', 'xmp', '--field', 'description', '--reviewed')).stdout).toBe(
    '0 photos were written.\n1 photo said it already.\n1 photo without such a caption.\n',
  );
  const to = join(line.directory, 'out');
  expect((await line.run('export', 'captions', to, '--dataset', 'photos')).stdout).toBe(
    `2 photos with 2 captions are in ${to}.\n`,
  );
  expect((await readFile(join(to, 'captions.csv'), 'utf8')).split('\n')).toHaveLength(4);
  expect(await line.run('export', 'captions', to)).toMatchObject({ code: 1 });
});
