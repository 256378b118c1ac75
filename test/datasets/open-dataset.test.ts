import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetItem } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open-dataset.js';
import { collect } from './collect.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-dataset-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function put(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

async function itemsOf(path: string): Promise<Record<string, Pick<DatasetItem, 'split' | 'captions'>>> {
  const items = await collect((await openDataset(path)).items);
  return Object.fromEntries(items.map(({ name, split, captions }) => [name, { split, captions }]));
}

describe('a folder in the official layout of Flickr8k', () => {
  const files = {
    'Flicker8k_Dataset/a.jpg': 'A',
    'Flicker8k_Dataset/b.jpg': 'B',
    'Flicker8k_Dataset/c.jpg': 'C',
    'Flickr8k_text/Flickr8k.token.txt':
      'a.jpg#0\tA dog runs .\na.jpg#1\tA dog .\nb.jpg#0\tA cat .\ngone.jpg.1#0\tNothing .\n',
    'Flickr8k_text/Flickr_8k.trainImages.txt': 'a.jpg\n',
    'Flickr8k_text/Flickr_8k.devImages.txt': 'b.jpg\r\nlost.jpg\n',
  };

  it('gives each photo its captions and its split', async () => {
    await put(files);
    expect(await itemsOf(folder)).toEqual({
      'a.jpg': { split: 'train', captions: ['A dog runs .', 'A dog .'] },
      'b.jpg': { split: 'dev', captions: ['A cat .'] },
      'c.jpg': { split: null, captions: [] },
    });
    const [first] = await collect((await openDataset(folder)).items);
    expect(new TextDecoder().decode(await first?.read())).toBe('A');
  });

  it('says by name what is missing, and opens all the same', async () => {
    await put({
      ...files,
      'Flickr8k_text/Flickr8k.token.txt': `${files['Flickr8k_text/Flickr8k.token.txt']}nonsense\n`,
    });
    const { problems, count } = await openDataset(folder);
    expect(count).toBe(3);
    expect(problems.map(({ message }) => message).join('\n')).toMatch(/no Flickr_8k\.testImages\.txt/);
    expect(problems.map(({ message }) => message).join('\n')).toMatch(
      /2 images have .* no file: gone\.jpg\.1, lost\.jpg/,
    );
    expect(problems.map(({ message }) => message).join('\n')).toMatch(
      /1 image has no captions: Flicker8k_Dataset\/c\.jpg/,
    );
    expect(problems.map(({ message }) => message).join('\n')).toMatch(/left out: line 5 of Flickr8k_text/);
  });
});

describe("a folder in Kaggle's layout", () => {
  it('reads quoted captions and deals out the splits by name', async () => {
    const names = Array.from({ length: 16 }, (_, index) => `${String(index).padStart(2, '0')}.jpg`);
    const rows = names.map((name) => `${name},"A dog, running , says ""hi"""`);
    await put({
      ...Object.fromEntries(names.map((name) => [`Images/${name}`, name])),
      'captions.txt': ['image,caption', ...rows].join('\n'),
    });
    const items = await itemsOf(folder);
    expect(items['00.jpg']).toEqual({ split: 'train', captions: ['A dog, running , says "hi"'] });
    expect(names.filter((name) => items[name]?.split === 'dev')).toEqual(['12.jpg', '13.jpg']);
    expect(names.filter((name) => items[name]?.split === 'test')).toEqual(['14.jpg', '15.jpg']);
  });

  it('refuses a captions.txt that is something else', async () => {
    await put({ 'Images/a.jpg': 'A', 'captions.txt': 'dear diary' });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'INVALID_DATASET',
      message: expect.stringContaining('image,caption') as string,
    });
  });
});

describe("a folder in COCO's layout", () => {
  it('takes split and captions from the annotation files', async () => {
    const annotations = {
      images: [{ id: 7, file_name: '000007.jpg' }],
      annotations: [
        { image_id: 7, caption: 'A bus. ' },
        { image_id: 7, caption: 'Red bus' },
      ],
    };
    await put({ 'val2017/000007.jpg': 'B', 'annotations/captions_val2017.json': JSON.stringify(annotations) });
    expect(await itemsOf(folder)).toEqual({ '000007.jpg': { split: 'dev', captions: ['A bus.', 'Red bus'] } });
  });

  it('names the file that is not what it says', async () => {
    await put({ 'val2017/000007.jpg': 'B', 'annotations/captions_val2017.json': '{}' });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'INVALID_DATASET',
      message: expect.stringContaining('captions_val2017.json') as string,
    });
  });
});

describe('a folder of photos', () => {
  it('is taken with its subfolders, other files left out', async () => {
    await put({ 'a.JPG': 'A', 'summer/b.png': 'B', 'notes.txt': 'no', 'summer/.hidden': 'no' });
    expect(Object.keys(await itemsOf(folder)).sort()).toEqual(['a.JPG', 'b.png']);
  });

  it('with nothing in it, a file, or no folder at all is refused', async () => {
    await put({ 'notes.txt': 'no' });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'INVALID_DATASET',
      message: expect.stringContaining('no photo') as string,
    });
    await expect(openDataset(join(folder, 'notes.txt'))).rejects.toMatchObject({ code: 'INVALID_DATASET' });
    await expect(openDataset(join(folder, 'absent'))).rejects.toMatchObject({ code: 'INVALID_DATASET' });
  });
});
