/** Each kind of input that once went wrong, and what is right (see shared/inputs). */
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import sharp from 'sharp';
import { cleanCaption } from '../../src/datasets/caption-text.js';
import { parseColumns } from '../../src/datasets/columns.js';
import { describeSummary } from '../../src/datasets/describe-summary.js';
import { openDataset, type OpenOptions } from '../../src/datasets/open-dataset.js';
import { collect } from './collect.js';

const INPUTS = fileURLToPath(new URL('./inputs', import.meta.url));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-inputs-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** What is read of a folder: `split: caption | caption` by path, and the messages of all problems. */
async function read(
  path: string,
  options: OpenOptions = {},
): Promise<{ photos: Record<string, string>; told: string; format: string; summary: string }> {
  const { items, problems, format, summary } = await openDataset(path, options);
  const photos = (await collect(items)).map(
    (item) => [item.path, `${item.split ?? '-'}: ${item.captions.join(' | ')}`] as const,
  );
  return {
    photos: Object.fromEntries(photos),
    told: problems.map(({ message }) => message).join('\n'),
    format,
    summary: describeSummary(summary),
  };
}

const input = (name: string, options?: OpenOptions) => read(join(INPUTS, name), options);

async function put(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

describe('the small inputs that went wrong', () => {
  test('COCO with one name in two folders', async () => {
    const { photos, told } = await input('coco-same-name-in-two-folders');
    expect(photos).toEqual({
      'train2017/000001.jpg': 'train: A cat on a mat.',
      'val2017/000001.jpg': 'dev: A dog in the fog.',
    });
    expect(told).toBe('');
  });

  test('a NUL in a caption is removed, and the rest stays', async () => {
    expect((await input('coco-nul')).photos['train2017/a.jpg']).toBe('train: A red square');
    const { photos, told } = await input('flickr-nul-in-caption');
    expect(photos['Flicker8k_Dataset/a.jpg']).toBe('train: A red square .');
    expect(photos['Flicker8k_Dataset/c.jpg']).toBe('test: Two green squares .');
    expect(told).toMatch(/removed from 1 caption: line 1 of/);
  });

  test('captions without a word are left out and counted', async () => {
    const blank = await input('flickr-blank-caption');
    expect(blank.photos).toEqual({
      'Flicker8k_Dataset/a.jpg': 'train: A red square .',
      'Flicker8k_Dataset/b.jpg': 'dev: A blue square .',
      'Flicker8k_Dataset/c.jpg': 'test: Two green squares .',
    });
    expect(blank.told).toMatch(/2 captions have no word and were left out/);
    const wordless = await input('train-with-wordless-captions');
    expect(wordless.photos['Images/00.jpg']).toBe('train: A dog runs on grass');
    expect(wordless.told).toMatch(/12 captions have no word/);
  });

  test('commas that are not quoted are of the caption', async () => {
    expect((await input('kaggle-comma-unquoted')).photos).toEqual({
      'Images/a.jpg': 'train: A red square , and a dog .',
      'Images/b.jpg': 'train: A blue square , and a dog .',
      'Images/c.jpg': 'train: "Two" green squares .',
    });
  });

  test('Latin-1 is read, and told', async () => {
    const { photos, told } = await input('flickr-latin1');
    expect(photos['Flicker8k_Dataset/a.jpg']).toBe('train: A café at the façade .');
    expect(told).toMatch(/encoding of 1 file was guessed.*Flickr8k\.token\.txt \(Windows-1252\)/);
  });

  test.each(['flickr-bom', 'flickr-crlf'])('%s: every caption of every photo', async (name) => {
    expect((await input(name)).photos).toEqual({
      'Flicker8k_Dataset/a.jpg': 'train: A red square .',
      'Flicker8k_Dataset/b.jpg': 'dev: A blue square .',
      'Flicker8k_Dataset/c.jpg': 'test: Two green squares .',
    });
  });

  test.each([
    ['coco-bom', 'coco'],
    ['coco-string-ids', 'coco'],
    ['coco-file-named-annotations', 'coco'],
  ])('%s: every caption of every photo', async (name, format) => {
    expect(await input(name)).toMatchObject({
      format,
      photos: {
        'train2017/a.jpg': 'train: A red square.',
        'train2017/b.jpg': 'train: A blue square.',
        'train2017/c.jpg': 'train: Two green squares.',
      },
    });
  });

  test("Karpathy's JSON with its splits, whatever the folders are called", async () => {
    expect(await input('karpathy-json')).toMatchObject({
      photos: {
        'train2017/a.jpg': 'train: A red square.',
        'train2017/b.jpg': 'dev: A blue square.',
        'train2017/c.jpg': 'test: Two green squares.',
      },
      summary: "Karpathy's JSON: 3 photos, 3 captions, 1/1/1 in train/dev/test",
    });
  });

  test('a caption of COCO that is null costs itself alone', async () => {
    const { photos, told } = await input('coco-null-caption');
    expect(photos).toEqual({
      'train2017/a.jpg': 'train: ',
      'train2017/b.jpg': 'train: A blue square.',
      'train2017/c.jpg': 'train: Two green squares.',
    });
    expect(told).toMatch(/left out: annotation 0 of annotations\/captions_train2017\.json/);
  });

  test('NFC in the captions and NFD in the folder are one name', async () => {
    await cp(join(INPUTS, 'flickr-nfd-file-names'), folder, { recursive: true });
    await put({ [`Flicker8k_Dataset/${'café.jpg'.normalize('NFD')}`]: 'A' });
    expect((await read(folder)).photos[`Flicker8k_Dataset/${'café.jpg'.normalize('NFD')}`]).toBe(
      'train: A red square .',
    );
  });

  test('an empty caption file is told', async () => {
    expect((await input('flickr-zero-captions')).told.toLowerCase()).toContain('no captions were found');
  });

  test('paths in names, with either slash', async () => {
    const { photos, told } = await input('kaggle-paths-in-names');
    expect(photos).toEqual({
      'Images/a.jpg': 'train: A red square .',
      'Images/b.jpg': 'train: A blue square , and a dog .',
      'Images/c.jpg': 'train: "Two" green squares .',
    });
    expect(told).not.toContain('no file');
  });

  test('what systems leave beside photos is passed over without a word', async () => {
    const hidden = await input('flickr-macosx-hidden-files');
    expect(Object.keys(hidden.photos)).toHaveLength(3);
    expect(hidden.told).toBe('');
    const synology = await input('synology-eaDir');
    expect(Object.keys(synology.photos)).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    expect(synology.told).toBe('');
  });
});

describe('names', () => {
  test('pictures are known by what is in them; what is not supported is named as that', async () => {
    const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } });
    const jpeg = await picture.jpeg().toBuffer();
    const bmp = Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]);
    await put({
      'a.jfif': jpeg,
      'b.jpe': jpeg,
      'c.mpo': jpeg,
      noextension: await picture.png().toBuffer(),
      'x.jxl': 'x',
      'y.jp2': 'y',
      'z.bmp': bmp,
      'film.mp4': 'f',
    });
    const { photos, told } = await read(folder);
    expect(Object.keys(photos)).toEqual(['a.jfif', 'b.jpe', 'c.mpo', 'noextension']);
    expect(told).toMatch(
      /3 pictures are in a format that is not supported.*: x\.jxl \(JXL\), y\.jp2 \(JP2\), z\.bmp \(BMP\)/,
    );
  });

  test('a name that is no UTF-8, one with a line feed and one with a backslash are their own', async () => {
    await put({ 'two\nlines.jpg': 'A', 'back\\slash.jpg': 'B', 'café.jpg': 'C' });
    await writeFile(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('2.jpg')]), 'D');
    await writeFile(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.jpg')]), 'E');
    const items = await collect((await openDataset(folder)).items);
    expect(items.map(({ name }) => name).sort()).toEqual([
      'back\\slash.jpg',
      'caf%E9.jpg',
      'café.jpg',
      'café2.jpg',
      'two\nlines.jpg',
    ]);
    const bytes = await Promise.all(
      items.map(async (item) => [item.name, new TextDecoder().decode(await item.read())]),
    );
    expect(Object.fromEntries(bytes)).toMatchObject({ 'café.jpg': 'C', 'café2.jpg': 'D', 'caf%E9.jpg': 'E' });
  });

  test('links are followed, circles and links to nothing are not', async () => {
    await put({ 'set/a.jpg': 'A', 'elsewhere/b.jpg': 'B', 'elsewhere/deep/c.jpg': 'C' });
    await symlink('../elsewhere', join(folder, 'set/more'));
    await symlink('../elsewhere/b.jpg', join(folder, 'set/link.jpg'));
    await symlink('..', join(folder, 'set/circle'));
    await symlink('nowhere.jpg', join(folder, 'set/broken.jpg'));
    const { photos, told } = await read(join(folder, 'set'));
    expect(Object.keys(photos)).toEqual(expect.arrayContaining(['a.jpg', 'link.jpg', 'more/b.jpg', 'more/deep/c.jpg']));
    expect(told).toMatch(/1 link leads nowhere: broken\.jpg/);
    const limited = await read(join(folder, 'set'), { within: join(folder, 'set') });
    expect(Object.keys(limited.photos)).toEqual(['a.jpg']);
    expect(limited.told).toMatch(/3 links lead out of the folder/);
  });

  test('a folder that may not be read is named, and the rest is read', async () => {
    await put({ 'a.jpg': 'A', 'locked/b.jpg': 'B' });
    await chmod(folder, 0o755);
    await chmod(join(folder, 'locked'), process.getuid?.() === 0 ? 0o700 : 0);
    const script = `import { filesBelow } from ${JSON.stringify(new URL('../../dist/datasets/folder.js', import.meta.url).href)};
      import { ProblemList } from ${JSON.stringify(new URL('../../dist/datasets/problems.js', import.meta.url).href)};
      process.getuid() === 0 && process.setuid(65534);
      const problems = new ProblemList();
      const files = await filesBelow(${JSON.stringify(folder)}, problems);
      console.log(JSON.stringify({ files: files.map(({ path }) => path), told: problems.list().map(({ message }) => message) }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    await chmod(join(folder, 'locked'), 0o700);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ files: ['a.jpg'], told: ['1 folder could not be read: locked (EACCES).'] });
  });

  test('a base name that fits several photos belongs to none of them, a path to one', async () => {
    await put({ 'a/1.jpg': 'A', 'b/1.jpg': 'B', 'captions.txt': 'image,caption\n1.jpg,A lost dog\nb/1.jpg,A cat\n' });
    const { photos, told } = await read(folder);
    expect(photos).toEqual({ 'a/1.jpg': '-: ', 'b/1.jpg': 'train: A cat' });
    expect(told).toMatch(/1 name fits several photos and was left out: 1\.jpg/);
  });

  test('a caption of a photo that is missing is not given to another of its name', async () => {
    await put({ 'a/1.jpg': 'A', 'captions.txt': 'image,caption\na/1.jpg,A dog\nb/1.jpg,A cat\n' });
    const { photos, told } = await read(folder);
    expect(photos).toEqual({ 'a/1.jpg': 'train: A dog' });
    expect(told).toMatch(/of another photo.*b\/1\.jpg \(line 3 of captions\.txt\)/);
  });

  test('capitals of the extension, and the number that downloads append', async () => {
    await put({ 'a.JPG': 'A', 'b.jpg': 'B', 'captions.txt': 'image,caption\na.jpg,A dog\nb.jpg.1,A cat\n' });
    expect((await read(folder)).photos).toEqual({ 'a.JPG': 'train: A dog', 'b.jpg': 'train: A cat' });
  });
});

describe('captions', () => {
  test('a data set whose captions match no photo is an error', async () => {
    await put({ 'a.jpg': 'A', 'captions.txt': 'image,caption\nx.jpg,A dog\n' });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'INVALID_DATASET',
      message: expect.stringContaining('x.jpg') as string,
    });
    expect((await read(folder, { format: 'folder' })).photos).toEqual({ 'a.jpg': '-: ' });
  });

  test('a file that looks like captions and was not read is told', async () => {
    await put({
      'a.jpg': 'A',
      'b.jpg': 'B',
      'words.txt': 'a.jpg: a dog runs\nb.jpg: a cat sleeps\n',
      'readme.txt': 'Photos of 2019.\nMany thanks to all.\nThe first is a.jpg.\n',
    });
    expect((await read(folder)).told).toMatch(/NOT read.*: words\.txt\./);
  });

  test('a quotation mark that is left open costs no other line', async () => {
    await put({
      'a.jpg': 'A',
      'b.jpg': 'B',
      'c.jpg': 'C',
      'captions.txt': 'image,caption\na.jpg,"A dog\nb.jpg,"A cat, and\na mouse"\nc.jpg,"An owl"\n',
    });
    const { photos, told } = await read(folder);
    expect(photos).toEqual({ 'a.jpg': 'train: A dog', 'b.jpg': 'train: A cat, and a mouse', 'c.jpg': 'train: An owl' });
    expect(told).toMatch(/not closed.*: line 2 of captions\.txt/);
  });

  test.each<[string, string, string, OpenOptions]>([
    ['semicolons', 'any.csv', 'filename;caption;split\na.jpg;A dog, a cat;val\n', {}],
    ['TSV', 'any.tsv', 'image\ttext\tsplit\na.jpg\tA dog, a cat\tval\n', {}],
    ['JSON lines', 'any.jsonl', '{"image":"a.jpg","caption":"A dog, a cat","split":"val"}\n', {}],
    [
      'named columns',
      'any.csv',
      'x,y,z\na.jpg,A dog, a cat,val\n',
      { columns: parseColumns('file=x,caption=y,split=z') },
    ],
    ['numbered columns', 'any.csv', 'a.jpg,A dog, a cat,val\n', { columns: parseColumns('file=1,caption=2,split=3') }],
  ])('a table with %s', async (_, name, text, options) => {
    // The row without quotes has a comma too many: it is the caption's.
    const width = text.includes('x,y,z') ? text : text.replace('a.jpg,A dog, a cat,val', 'a.jpg,"A dog, a cat",val');
    await put({ 'a.jpg': 'A', [name]: width });
    expect((await read(folder, options)).photos).toEqual({ 'a.jpg': 'dev: A dog, a cat' });
  });

  test("Flickr30k's results.csv, Hugging Face's metadata and texts beside photos", async () => {
    await put({
      'flickr/1.jpg': 'A',
      'flickr/results.csv':
        'image_name| comment_number| comment\n1.jpg| 0| Two men , one dog .\n1.jpg| 1   A line without a bar\n',
    });
    const flickr = await read(join(folder, 'flickr'));
    expect(flickr).toMatchObject({ format: 'flickr30k', photos: { '1.jpg': 'train: Two men , one dog .' } });
    expect(flickr.told).toMatch(/left out: line 3 of results\.csv/);
    await put({
      'hugging/train/1.jpg': 'A',
      'hugging/test/1.jpg': 'B',
      'hugging/train/metadata.csv': 'file_name,text\n1.jpg,A dog\n',
      'hugging/test/metadata.jsonl': '{"file_name":"1.jpg","text":"A cat"}\nnonsense\n',
    });
    expect(await read(join(folder, 'hugging'))).toMatchObject({
      format: 'imagefolder',
      photos: { 'train/1.jpg': 'train: A dog', 'test/1.jpg': 'test: A cat' },
    });
    await put({ 'beside/1.jpg': 'A', 'beside/1.txt': 'A dog\r\nA brown dog\r', 'beside/2.jpg': 'B' });
    const beside = await read(join(folder, 'beside'));
    expect(beside).toMatchObject({
      format: 'beside',
      photos: { '1.jpg': 'train: A dog | A brown dog', '2.jpg': '-: ' },
    });
  });

  test('an unread format beside the one that was taken is told', async () => {
    await cp(join(INPUTS, 'karpathy-json'), folder, { recursive: true });
    await put({ 'captions.txt': 'image,caption\na.jpg,A dog\n' });
    const { format, told } = await read(folder);
    expect(format).toBe('kaggle');
    expect(told).toMatch(/NOT read.*dataset_flickr8k\.json \(--format karpathy reads it\)/);
    expect((await read(folder, { format: 'karpathy' })).photos['train2017/b.jpg']).toBe('dev: A blue square.');
  });

  test('twenty problems of one kind are told once', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => `nonsense ${index}`);
    await put({
      'a.jpg': 'A',
      'token.txt': `a.jpg#0\tA dog\na.jpg#1\t...\n${Array.from({ length: 40 }, (_, index) => `a.jpg#${index + 2}\tA dog`).join('\n')}\n${lines.join('\n')}`,
    });
    const { problems } = await openDataset(folder);
    expect(problems.map(({ kind, count }) => [kind, count])).toEqual(
      expect.arrayContaining([
        ['bad line', 30],
        ['no word', 1],
      ]),
    );
  });

  test('a caption is cleaned of what is no text', () => {
    expect(cleanCaption(' A\u0000 red\tsquare\ud800 \r\n')).toEqual({ text: 'A red square', changed: true });
    expect(cleanCaption('Кошка')).toEqual({ text: 'Кошка', changed: false });
    expect(cleanCaption('👍 ...')).toBeUndefined();
  });

  test('photos first, then lists and captions', async () => {
    await put({ 'Images/a.jpg': 'A', 'Images/b.jpg': 'B' });
    expect((await read(folder)).format).toBe('folder');
    await put({
      'words.txt': 'a.jpg#0\tA dog\nb.jpg#0\tA cat\n',
      'my-train-photos.txt': 'a.jpg\n',
      'valid.txt': 'b.jpg\n',
    });
    expect((await read(folder)).photos).toEqual({ 'Images/a.jpg': 'train: A dog', 'Images/b.jpg': 'dev: A cat' });
  });
});
