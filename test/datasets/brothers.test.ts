/** Inputs of the same kinds as those that went wrong (see `inputs.test.ts`), each another one. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { openDataset, type OpenOptions } from '../../src/datasets/open-dataset.js';
import { collect } from './collect.js';

type Files = Readonly<Record<string, string | Uint8Array>>;

/** What is read of these files: captions by path, splits by path where there are any, and all that was told. */
async function read(files: Files, options: OpenOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'ekphrasis-brothers-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const { items, problems, format } = await openDataset(folder, options);
    const photos = await collect(items);
    return {
      format,
      captions: Object.fromEntries(
        photos.flatMap(({ path, captions }) => (captions.length > 0 ? [[path, captions.join(' | ')]] : [])),
      ),
      splits: Object.fromEntries(photos.flatMap(({ path, split }) => (split === null ? [] : [[path, split]]))),
      told: problems.map(({ message }) => message).join('\n'),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const PHOTOS = { 'Images/a.jpg': 'A', 'Images/b.jpg': 'B', 'Images/c.jpg': 'C' };
const coco = (images: readonly unknown[], annotations: readonly unknown[]) => JSON.stringify({ images, annotations });
const one = (caption: string, name = '1.jpg') => coco([{ id: 1, file_name: name }], [{ id: 1, image_id: 1, caption }]);
const kaggle = (...lines: readonly string[]) => ['image,caption', ...lines, ''].join('\n');

describe('two photos of one name', () => {
  test.each<[string, Files, Readonly<Record<string, string>>]>([
    [
      'in one file of COCO, told apart by its addresses',
      {
        'train2017/1.jpg': 'A',
        'val2017/1.jpg': 'B',
        'all.json': coco(
          [
            { id: 1, file_name: '1.jpg', coco_url: 'http://images.cocodataset.org/train2017/1.jpg' },
            { id: 2, file_name: '1.jpg', coco_url: 'http://images.cocodataset.org/val2017/1.jpg' },
          ],
          [
            { image_id: 1, caption: 'A cat.' },
            { image_id: 2, caption: 'A dog.' },
          ],
        ),
      },
      { 'train2017/1.jpg': 'A cat.', 'val2017/1.jpg': 'A dog.' },
    ],
    [
      'in three splits of COCO',
      {
        'images/train/1.jpg': 'A',
        'images/val/1.jpg': 'B',
        'images/test/1.jpg': 'C',
        'annotations/captions_train.json': one('A cat.'),
        'annotations/captions_val.json': one('A dog.'),
        'annotations/captions_test.json': one('An owl.'),
      },
      { 'images/train/1.jpg': 'A cat.', 'images/val/1.jpg': 'A dog.', 'images/test/1.jpg': 'An owl.' },
    ],
    [
      'in two folders of COCO, each with its annotations',
      {
        'summer/images/1.jpg': 'A',
        'winter/images/1.jpg': 'B',
        'summer/annotations/all.json': one('A cat.'),
        'winter/annotations/all.json': one('A dog.'),
      },
      { 'summer/images/1.jpg': 'A cat.', 'winter/images/1.jpg': 'A dog.' },
    ],
    [
      "in two of Kaggle's folders",
      {
        'one/Images/1.jpg': 'A',
        'two/Images/1.jpg': 'B',
        'one/captions.txt': kaggle('1.jpg,A cat'),
        'two/captions.txt': kaggle('Images/1.jpg,A dog'),
      },
      { 'one/Images/1.jpg': 'A cat', 'two/Images/1.jpg': 'A dog' },
    ],
    [
      'in two folders with token files',
      {
        'one/1.jpg': 'A',
        'two/1.jpg': 'B',
        'one/x.token.txt': '1.jpg#0\tA cat\n',
        'two/x.token.txt': '1.jpg#0\tA dog\n',
      },
      { 'one/1.jpg': 'A cat', 'two/1.jpg': 'A dog' },
    ],
    [
      "in Karpathy's JSON, told apart by their folders",
      {
        'train2014/1.jpg': 'A',
        'val2014/1.jpg': 'B',
        'words.json': JSON.stringify({
          images: [
            ['train2014', 'train', 'A cat.'],
            ['val2014', 'val', 'A dog.'],
          ].map(([filepath, split, raw]) => ({ filename: '1.jpg', filepath, split, sentences: [{ raw }] })),
        }),
      },
      { 'train2014/1.jpg': 'A cat.', 'val2014/1.jpg': 'A dog.' },
    ],
  ])('%s', async (_, files, captions) => {
    const found = await read(files);
    expect(found.captions).toEqual(captions);
    expect(Object.keys(found.splits).sort()).toEqual(Object.keys(captions).sort());
  });

  test('with one text file beside them get it neither', async () => {
    await expect(read({ '1.jpg': 'A', '1.png': 'B', '1.txt': 'A cat' })).rejects.toMatchObject({
      code: 'INVALID_DATASET',
      message: expect.stringContaining('fits several photos') as string,
    });
  });

  test('in capitals and small letters are two, though an extension is in capitals', async () => {
    expect(
      (await read({ 'A.jpg': 'A', 'a.jpg': 'B', 'captions.txt': kaggle('a.jpg,A cat', 'A.JPG,A dog') })).captions,
    ).toEqual({ 'a.jpg': 'A cat', 'A.jpg': 'A dog' });
  });

  test('do not lose their captions where the lists say no folder and the captions another than theirs', async () => {
    const { captions, splits } = await read({
      'images/a.jpg': 'A',
      'x.token.txt': 'Flicker8k_Dataset/a.jpg#0\tA cat\n',
      'trainImages.txt': 'a.jpg\n',
    });
    expect([captions, splits]).toEqual([{ 'images/a.jpg': 'A cat' }, { 'images/a.jpg': 'train' }]);
  });
});

describe('control characters', () => {
  const CAPTION = 'A\u0000 red\u0001 cat';

  test.each<[string, Files]>([
    ['a CSV', { 'captions.txt': kaggle(`a.jpg,${CAPTION}`) }],
    ['the name of a photo', { 'captions.txt': kaggle(`a.jpg\u0000,A red cat`) }],
    [
      "Karpathy's JSON",
      {
        'x.json': JSON.stringify({
          images: [{ filename: 'a.jpg', split: 'train', sentences: [{ raw: `${CAPTION}\ud83d` }] }],
        }),
      },
    ],
    [
      'JSON as they are, which is no JSON',
      {
        'captions_train.json': `{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[{"image_id":1,"caption":"${CAPTION}"}]}`,
      },
    ],
    ['lines of JSON as they are', { 'Images/metadata.jsonl': `{"file_name":"a.jpg","text":"${CAPTION}"}\n` }],
    ['a short text beside a photo', { 'Images/a.txt': CAPTION }],
    ["Flickr30k's CSV", { 'results.csv': `image_name| comment_number| comment\na.jpg| 0| ${CAPTION}\n` }],
    [
      'such numbers that the file looks like no text',
      { 'captions.txt': kaggle(`a.jpg,${'\u0000'.repeat(60)}A red cat`) },
    ],
  ])('in %s are removed', async (_, files) => {
    expect((await read({ ...PHOTOS, ...files })).captions).toEqual({ 'Images/a.jpg': 'A red cat' });
  });
});

describe('captions without a word', () => {
  test.each<[string, Files, RegExp]>([
    [
      'a CSV',
      {
        'captions.csv': kaggle(
          'a.jpg,',
          'a.jpg,"..."',
          'a.jpg,👍',
          'a.jpg,\u00a0',
          'a.jpg,\u3164',
          'a.jpg,\u200b\u0301',
          'a.jpg,A cat',
        ),
      },
      /6 captions have no word/,
    ],
    [
      'a list',
      {
        'Images/metadata.jsonl': '{"file_name":"a.jpg","text":["A cat",null,"..."]}\n{"file_name":"b.jpg","text":[]}\n',
      },
      /2 captions have no word/,
    ],
    [
      "Karpathy's JSON",
      {
        'x.json': JSON.stringify({
          images: [{ filename: 'a.jpg', split: 'train', sentences: [{ raw: '' }, { raw: 'A cat' }, { raw: '!' }] }],
        }),
      },
      /2 captions have no word/,
    ],
    [
      "COCO's JSON",
      {
        'x.json': coco(
          [{ id: 1, file_name: 'a.jpg' }],
          [
            { image_id: 1, caption: ' ' },
            { image_id: 1, caption: 'A cat' },
          ],
        ),
      },
      /1 caption has no word/,
    ],
    ['a text beside a photo', { 'Images/a.txt': '-\nA cat\n. . .\n' }, /2 captions have no word/],
  ])('of %s cost themselves alone', async (_, files, told) => {
    const found = await read({ ...PHOTOS, ...files });
    expect(found.captions).toEqual({ 'Images/a.jpg': 'A cat' });
    expect(found.told).toMatch(told);
  });
});

describe('rows of tables', () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    [
      'commas and quotation marks without rules',
      'image,caption\na.jpg,"Two" cats , and a dog .\n"b.jpg",A red cat , and a dog .\nc.jpg,A sign , "Stop, now" , on a pole .\n',
      {
        'Images/a.jpg': '"Two" cats , and a dog .',
        'Images/b.jpg': 'A red cat , and a dog .',
        'Images/c.jpg': 'A sign , "Stop, now" , on a pole .',
      },
    ],
    [
      'the caption first',
      'caption,image\nA red cat , and a dog .,a.jpg\nTwo "x, y" , z,b.jpg\n',
      { 'Images/a.jpg': 'A red cat , and a dog .', 'Images/b.jpg': 'Two "x, y" , z' },
    ],
    [
      'semicolons in the caption',
      'image;caption\na.jpg;A red cat ; and a dog, too\n',
      { 'Images/a.jpg': 'A red cat ; and a dog, too' },
    ],
    [
      'bars in the caption',
      'image_name| comment_number| comment\na.jpg| 0| A red | blue cat .\n',
      { 'Images/a.jpg': 'A red | blue cat .' },
    ],
    [
      'line feeds in cells',
      'image,caption\r\na.jpg,"A red\ncat"\r\nb.jpg,"A blue\r\n\r\ncat, and ""x"""\r\nc.jpg,Two\r\n',
      {
        'Images/a.jpg': 'A red cat',
        'Images/b.jpg': 'A blue cat, and "x"',
        'Images/c.jpg': 'Two',
      },
    ],
    [
      'an index before the columns',
      ',image,caption\n0,a.jpg,A red cat , and a dog .\n',
      { 'Images/a.jpg': 'A red cat , and a dog .' },
    ],
    [
      'lists in cells, of JSON and of Python',
      'filename,raw\na.jpg,"[""A caf\\u00e9"", ""A bar""]"\nb.jpg,"[\'It is\', ""It\'s""]"\n',
      { 'Images/a.jpg': 'A café | A bar', 'Images/b.jpg': "It is | It's" },
    ],
    [
      'ids in place of names',
      'image_id,caption\na,A cat\nb.jpg,A dog\n',
      { 'Images/a.jpg': 'A cat', 'Images/b.jpg': 'A dog' },
    ],
    [
      'addresses in place of names',
      'image,caption\nhttps://x.org/data/a.jpg?size=1,A cat\nImages%2Fb.jpg,A dog\nC:\\data\\c.jpg,An owl\n',
      { 'Images/a.jpg': 'A cat', 'Images/b.jpg': 'A dog', 'Images/c.jpg': 'An owl' },
    ],
  ])('with %s', async (_, text, captions) => {
    expect((await read({ ...PHOTOS, 'words.csv': text })).captions).toEqual(captions);
  });

  test('with a comma in the name of a photo: the longest name that is one', async () => {
    const files = { 'dog.jpg': 'A', 'dog, big.jpg': 'B', 'a, b, c.jpg': 'C' };
    const text = kaggle('dog, big.jpg,a dog, big', 'dog.jpg,a dog, small', 'a, b, c.jpg,"x, y"');
    expect((await read({ ...files, 'captions.txt': text })).captions).toEqual({
      'dog.jpg': 'a dog, small',
      'dog, big.jpg': 'a dog, big',
      'a, b, c.jpg': 'x, y',
    });
  });

  test('of a copy that an editor left are not read, and told', async () => {
    const { captions, told } = await read({
      ...PHOTOS,
      'captions.txt': kaggle('a.jpg,A cat'),
      'captions.txt~': kaggle('a.jpg,A cot'),
      'captions.txt.bak': kaggle('a.jpg,A hat'),
    });
    expect(captions).toEqual({ 'Images/a.jpg': 'A cat' });
    expect(told).toMatch(/2 files look like captions and were NOT read/);
  });
});

describe('encodings', () => {
  const TEXTS: readonly (readonly [string, string, readonly string[]])[] = [
    ['French', 'Un garçon près de la fenêtre d’un café – déjà fermé .', ['windows-1252', 'macintosh']],
    ['English', 'The dog’s “toy” – a naïve façade', ['windows-1252', 'macintosh']],
    ['German', 'Ein Mädchen läuft über die große Straße .', ['windows-1252', 'iso-8859-1', 'cp850']],
    ['Spanish', '¿Un niño pequeño corre por el jardín?', ['windows-1252']],
    ['Polish', 'Mężczyzna jedzie na rowerze przez łąkę w śniegu .', ['windows-1250', 'iso-8859-2']],
    ['Czech', 'Muž jede ve sněhu na příliš žluťoučkém koni .', ['windows-1250', 'iso-8859-2']],
    ['Hungarian', 'Egy férfi biciklizik a hóban, gyönyörű őszi nap .', ['windows-1250', 'iso-8859-2']],
    ['Romanian', 'Doi câini se joacă pe plajă şi în apă, fetiţa aleargă .', ['windows-1250']],
    ['Turkish', 'Şapkalı kız çayırda koşuyor, yağmur yağıyor .', ['windows-1254']],
    ['Latvian', 'Meitene skrien pa pļavu, divi suņi spēlējas ūdenī .', ['windows-1257']],
    ['Russian', 'Девочка бежит по лугу, две собаки играют на пляже .', ['windows-1251', 'koi8-r']],
    ['Greek', 'Δύο σκύλοι παίζουν στην παραλία .', ['windows-1253']],
    ['Japanese', '二匹の犬が海辺で遊んでいる。女の子が草原を走っている。', ['shift_jis', 'euc-jp']],
    ['Chinese', '两只狗在海滩上玩耍，一个女孩在草地上奔跑。', ['gb18030']],
    ['Korean', '두 마리의 개가 해변에서 놀고 있다. 소녀가 초원을 달리고 있다.', ['euc-kr']],
  ];

  test.each(
    TEXTS.flatMap(([language, caption, encodings]) =>
      encodings.map((encoding) => [language, encoding, caption] as const),
    ),
  )('%s in %s is read, and told', async (_, encoding, caption) => {
    const { captions, told } = await read({
      ...PHOTOS,
      'x.token.txt': iconv.encode(`a.jpg#0\t${caption}\n`, encoding),
    });
    expect(captions).toEqual({ 'Images/a.jpg': caption });
    expect(told).toMatch(/encoding of 1 file was guessed.*x\.token\.txt/);
  });

  test('of short files is that of all of them', async () => {
    const captions = ['Pies na łące', 'Kot śpi', 'Mężczyzna idzie przez śnieg', 'Góra'];
    const files = captions.flatMap((caption, index): (readonly [string, string | Uint8Array])[] => [
      [`źrebię${index}.jpg`, 'A'],
      [`źrebię${index}.txt`, iconv.encode(caption, 'windows-1250')],
    ]);
    const found = await read({
      ...Object.fromEntries(files),
      'train.txt': iconv.encode('źrebię0.jpg\n', 'windows-1250'),
      'val.txt': iconv.encode('źrebię1.jpg\n', 'windows-1250'),
    });
    expect(Object.values(found.captions)).toEqual(captions);
    expect(found.splits).toEqual({ 'źrebię0.jpg': 'train', 'źrebię1.jpg': 'dev' });
  });

  test.each<[string, (text: string) => Uint8Array]>([
    ['UTF-8 with two marks', (text) => Buffer.from(`\ufeff\ufeff${text}`)],
    ['UTF-16 without a mark', (text) => Buffer.from(text, 'utf16le')],
    ['UTF-16, big end first', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['UTF-32', (text) => iconv.encode(text, 'utf-32le', { addBOM: true })],
  ])('%s in every kind of file', async (_, encode) => {
    const caption = 'Кошка in a café';
    for (const [name, text] of Object.entries({
      'x.token.txt': `a.jpg#0\t${caption}\n`,
      'captions.txt': kaggle(`a.jpg,${caption}`),
      'x.jsonl': `{"image":"a.jpg","caption":"${caption}"}\n`,
      'coco.json': one(caption, 'a.jpg'),
      'Images/a.txt': caption,
    })) {
      expect((await read({ ...PHOTOS, [name]: encode(text) })).captions, name).toEqual({ 'Images/a.jpg': caption });
    }
  });

  test('marks in the middle, where files were joined, are no part of a name', async () => {
    expect((await read({ ...PHOTOS, 'x.token.txt': '\ufeffa.jpg#0\tA cat\n\ufeffb.jpg#0\tA dog\n' })).captions).toEqual(
      { 'Images/a.jpg': 'A cat', 'Images/b.jpg': 'A dog' },
    );
  });

  test('lines of two encodings that end as on old Macintoshes', async () => {
    const { captions, told } = await read({
      ...PHOTOS,
      'captions.txt': Buffer.concat([
        Buffer.from('image,caption\ra.jpg,A café\r'),
        Buffer.from('b.jpg,A façade\r', 'latin1'),
      ]),
    });
    expect(captions).toEqual({ 'Images/a.jpg': 'A café', 'Images/b.jpg': 'A façade' });
    expect(told).toMatch(/1 line is no UTF-8.*line 3 of captions\.txt/);
  });
});

describe("COCO's JSON", () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    [
      'ids as strings, with and without noughts',
      coco(
        [
          { id: 1, file_name: 'a.jpg' },
          { id: '0002', file_name: 'b.jpg' },
        ],
        [
          { image_id: '1', caption: 'A cat' },
          { image_id: 2, caption: 'A dog' },
        ],
      ),
      { 'Images/a.jpg': 'A cat', 'Images/b.jpg': 'A dog' },
    ],
    [
      'ids too long for a number of JavaScript',
      '{"images":[{"id":12345678901234567890,"file_name":"a.jpg"},{"id":12345678901234567891,"file_name":"b.jpg"}],"annotations":[{"image_id":12345678901234567890,"caption":"A cat"},{"image_id":12345678901234567891,"caption":"A dog"}]}',
      { 'Images/a.jpg': 'A cat', 'Images/b.jpg': 'A dog' },
    ],
    [
      "Python's NaN for a caption",
      '{"images":[{"id":1,"file_name":"a.jpg"},{"id":2,"file_name":"b.jpg"}],"annotations":[{"image_id":1,"caption":NaN},{"image_id":2,"caption":"NaN, a dog"}]}',
      { 'Images/b.jpg': 'NaN, a dog' },
    ],
    [
      'entries of every wrong kind',
      coco(
        [{ id: 1, file_name: 'a.jpg' }, null, { id: 3 }],
        [
          { image_id: 1, caption: 5 },
          null,
          { image_id: 99, caption: 'A fox' },
          { caption: 'A fox' },
          { image_id: 1, caption: 'A cat' },
        ],
      ),
      { 'Images/a.jpg': 'A cat' },
    ],
    [
      'two photos of one id, whose captions are no one’s',
      coco(
        [
          { id: 1, file_name: 'a.jpg' },
          { id: 1, file_name: 'b.jpg' },
          { id: 2, file_name: 'c.jpg' },
        ],
        [
          { image_id: 1, caption: 'A cat' },
          { image_id: 2, caption: 'A dog' },
        ],
      ),
      { 'Images/c.jpg': 'A dog' },
    ],
  ])('with %s', async (_, text, captions) => {
    expect((await read({ ...PHOTOS, 'any name.json': text })).captions).toEqual(captions);
  });
});

describe('files without captions', () => {
  test.each<[string, string]>([
    ['captions.txt', 'image,caption\n'],
    ['x.token.txt', ' \n\n'],
    ['captions.txt', '\ufeff'],
    ['captions_train2017.json', coco([], [])],
    ['captions.json', '[]'],
    ['dataset_flickr8k.json', '{"images":[]}'],
    ['metadata.csv', 'file_name,text\n'],
    ['results.csv', 'image_name| comment_number| comment\n'],
    ['Images/a.txt', '\n'],
  ])('%s (%j): that is told', async (name, text) => {
    const { captions, told } = await read({ ...PHOTOS, [name]: text });
    expect(captions).toEqual({});
    expect(told).toMatch(/no captions were found/i);
  });

  test('in a form that is not known are told', async () => {
    expect(
      (await read({ ...PHOTOS, 'x.json': JSON.stringify({ 'a.jpg': ['A cat'], 'b.jpg': 'A dog' }) })).told,
    ).toMatch(/NOT read.*x\.json/);
  });
});

describe('names of folders and files', () => {
  test('NFD in captions and NFC in the folder are one name, in folders too; where both are there, they are two', async () => {
    const { captions } = await read({
      'ordner-\u00fc/caf\u00e9.jpg': 'A',
      'captions.txt': kaggle('ordner-u\u0308/cafe\u0301.jpg,A cat'),
    });
    expect(captions).toEqual({ 'ordner-\u00fc/caf\u00e9.jpg': 'A cat' });
    const both = await read({
      'caf\u00e9.jpg': 'A',
      'cafe\u0301.jpg': 'B',
      'captions.txt': kaggle('cafe\u0301.jpg,A cat', 'caf\u00e9.jpg,A dog'),
    });
    expect(both.captions).toEqual({ 'cafe\u0301.jpg': 'A cat', 'caf\u00e9.jpg': 'A dog' });
  });

  test('what other systems leave is passed over', async () => {
    const left = [
      '.hidden.jpg',
      '.git/x.jpg',
      '#recycle/b.jpg',
      '@Recycle/b.jpg',
      '.Trash-1000/files/b.jpg',
      '$RECYCLE.BIN/b.jpg',
      '.thumbnails/b.jpg',
      '.@__thumb/a.jpg',
      '@__thumb/a.jpg',
      '@tmp/b.jpg',
      'Temporary Items/b.jpg',
      'Network Trash Folder/b.jpg',
      '.ipynb_checkpoints/b.jpg',
    ];
    const { told, captions } = await read({
      ...Object.fromEntries(left.map((name) => [name, 'A'])),
      'a.jpg': 'A',
      'captions.txt': kaggle('a.jpg,A cat'),
    });
    expect(captions).toEqual({ 'a.jpg': 'A cat' });
    expect(told).not.toMatch(/no captions|no file/);
  });

  test('of every odd kind are read with their captions', async () => {
    const odd = [
      '-dash.jpg',
      'UPPER.JPEG',
      'ab:c;&=.jpg',
      'emoji😀.jpg',
      'hash#1?.jpg',
      'per%20cent%.jpg',
      `quote's "x".jpg`,
      'two words.jpg',
      `${'x'.repeat(250)}.jpg`,
      '猫.jpg',
      ' leading.jpg',
      'a\nb.jpg',
      'back\\slash.jpg',
    ];
    const lines = odd.map((name, index) => JSON.stringify({ image: name, caption: `Photo number ${index}` }));
    const { captions } = await read({
      ...Object.fromEntries(odd.map((name) => [name, name])),
      'words.jsonl': lines.join('\n'),
    });
    expect(captions).toEqual(Object.fromEntries(odd.map((name, index) => [name, `Photo number ${index}`])));
  });
});
