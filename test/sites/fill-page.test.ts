/** Pages as sites have them: what is missing is filled, and nothing else changes, to the byte. */
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile, chmod, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { parse } from 'parse5';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Of } from '../../src/files/sha256.js';
import { fillPage, type KnownText, type LookUp, type PageWish } from '../../src/sites/fill-page.js';
import { insertAltTexts, readPage } from '../../src/sites/html-page.js';
import { ImageFiles } from '../../src/sites/image-files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-sites-'));
  for (const name of [
    'dog.jpg',
    'cat.jpg',
    'line.png',
    'maybe.jpg',
    'silent.jpg',
    'stranger.jpg',
    'img/ä b.jpg',
    'dog-800.jpg',
  ])
    await put(name, name === 'dog-800.jpg' ? 'dog.jpg' : name);
});
afterAll(() => rm(folder, { recursive: true }));

async function put(name: string, bytes: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

const TEXTS: Readonly<Record<string, KnownText>> = {
  'dog.jpg': { imageId: 'dog', state: 'APPROVED', text: 'A "brown" dog & <a> cat, {{ café }}.' },
  'cat.jpg': { imageId: 'cat', state: 'APPROVED', text: 'Eine Kätzchen 🐈.' },
  'line.png': { imageId: 'line', state: 'DECORATIVE', text: undefined },
  'maybe.jpg': { imageId: 'maybe', state: 'SUGGESTED', text: 'Perhaps a bird.' },
  'silent.jpg': { imageId: 'silent', state: 'MISSING', text: undefined },
  'img/ä b.jpg': { imageId: 'umlaut', state: 'APPROVED', text: 'A spaced name.' },
};
const known = new Map(Object.entries(TEXTS).map(([name, text]) => [sha256Of(Buffer.from(name)), text]));
const asked: (string | undefined)[] = [];
const lookUp: LookUp = (sha256s, language) => {
  asked.push(language);
  return Promise.resolve(sha256s.map((sha256) => known.get(sha256)));
};

async function fill(bytes: string | Uint8Array, wish: Partial<PageWish> = {}, name = 'page.html') {
  const file = await put(name, bytes);
  const report = await fillPage(
    { file, root: folder, language: undefined, suggest: false, write: true, ...wish },
    new ImageFiles(),
    lookUp,
  );
  return { report, bytes: await readFile(file), text: await readFile(file, 'utf8'), file };
}

const outcomes = ({ report }: Awaited<ReturnType<typeof fill>>) => report.images.map(({ outcome }) => outcome);

test('images without an alt get approved texts, decorative ones an empty one; all others stay', async () => {
  const page = `<!doctype html><html lang="de-AT"><body>\r
<img src="dog.jpg"><IMG SRC=cat.jpg><img
  src='line.png' class=x/><img src=maybe.jpg /><img src="silent.jpg"/>
<img src="dog.jpg" alt=""><img alt src="dog.jpg"><img src="dog.jpg" alt='mine'>
<img src="stranger.jpg"><img src="nowhere.jpg"><img src="https://elsewhere.example/dog.jpg"><img>
<noscript><img src="dog.jpg"></noscript><template><p><img src="cat.jpg"></template>
<!-- <img src="dog.jpg"> --><script>"<img src=dog.jpg>"</script><textarea><img src="dog.jpg"></textarea>
<svg><image href="dog.jpg"/></svg>`;
  const done = await fill(page);
  const dog = 'alt="A &quot;brown&quot; dog &amp; &lt;a&gt; cat, &#123;&#123; caf&#233; }}."';
  const cat = 'alt="Eine K&#228;tzchen &#128008;."';
  expect(done.text).toBe(
    page
      .replace(
        '<img src="dog.jpg"><IMG SRC=cat.jpg><img\n',
        `<img ${dog} src="dog.jpg"><IMG ${cat} SRC=cat.jpg><img alt=""\n`,
      )
      .replace('<noscript><img', `<noscript><img ${dog}`)
      .replace('<template><p><img', `<template><p><img ${cat}`),
  );
  expect(outcomes(done)).toEqual([
    ...['filled', 'filled', 'decorative', 'missing', 'missing', 'kept', 'kept', 'kept'],
    ...['unknown', 'notFound', 'remote', 'notFound', 'filled', 'filled'],
  ]);
  expect(done.report.images.map(({ line }) => line).slice(0, 4)).toEqual([2, 2, 2, 3]);
  expect(asked.at(-1)).toBe('de-AT');
  expect(outcomes(await fill(done.bytes)).filter((outcome) => outcome === 'filled')).toEqual([]);
});

test('without --write nothing is written, and what is suggested is put in only on demand, marked', async () => {
  const page = '<meta charset=utf-8><img src=maybe.jpg><img src=cat.jpg>';
  const dry = await fill(page, { write: false });
  expect([outcomes(dry), dry.text, dry.report.written]).toEqual([['missing', 'filled'], page, false]);
  const marked = await fill(page, { suggest: true });
  expect(marked.text).toBe(
    '<meta charset=utf-8><img alt="Perhaps a bird." data-alt-source="suggestion" src=maybe.jpg><img alt="Eine Kätzchen 🐈." src=cat.jpg>',
  );
  expect(outcomes(await fill(marked.bytes))).toEqual(['marked', 'kept']);
});

test('an image is found by any of its addresses, by the bytes and never by a name', async () => {
  const sha256 = sha256Of(Buffer.from('dog.jpg'));
  const inline = `data:image/jpeg;base64,${Buffer.from('cat.jpg').toString('base64')}`;
  const page = `<img src="dog-800.jpg?width=3#x"><img srcset="gone,1.jpg 1x, dog.jpg 2x,cat,.jpg"><img data-src="/dog.jpg">
    <picture><source srcset="cat.jpg 2x, gone.jpg"><img src="gone.jpg"></picture><img src="img/%C3%A4%20b.jpg"><img src="img/ä b.jpg">
    <img src="https://photos.example/images/${sha256}"><img src="/alt/${sha256}"><img src="${inline}">
    <img src="dog.jpg" srcset="cat.jpg 2x"><img src="dog.jpg" srcset="dog-800.jpg 800w"><img src="{{ image.url }}"><img src="%">`;
  expect(outcomes(await fill(page))).toEqual([
    ...['filled', 'filled', 'filled', 'filled', 'filled', 'filled', 'filled', 'filled', 'filled'],
    ...['ambiguous', 'filled', 'notFound', 'notFound'],
  ]);
  const below = await fill('<base href="../"><img src="dog.jpg"><img src="/cat.jpg">', {}, 'blog/page.html');
  expect(outcomes(below)).toEqual(['filled', 'filled']);
  expect(outcomes(await fill('<img src="../dog.jpg">', {}, 'blog/deep.html'))).toEqual(['filled']);
  expect(outcomes(await fill('<base href="https://cdn.example/"><img src="dog.jpg">'))).toEqual(['remote']);
});

describe('the encoding', () => {
  const body = '<p>Grüße, Äpfel</p>\r\n<img src="img/ä b.jpg"><img src=cat.jpg>\r';
  test.each([
    ['UTF-8 that is said', Buffer.from(`<meta charset="utf-8">${body}`), 'ä'],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${body}`), 'ä'],
    ['UTF-8 that is not said', Buffer.from(body), '&#228;'],
    ['windows-1252', iconv.encode(`<meta charset=iso-8859-1>${body}`, 'windows-1252'), '&#228;'],
    ['windows-1252 that is not said', iconv.encode(body, 'windows-1252'), '&#228;'],
    ['GBK', iconv.encode('<meta charset=gbk><p>中文</p><img src=cat.jpg><img src=line.png>', 'gbk'), '&#228;'],
  ])('%s is kept', async (_, bytes, umlaut) => {
    const done = await fill(bytes);
    expect(outcomes(done)).toEqual(bytes.includes('gbk') ? ['filled', 'decorative'] : ['filled', 'filled']);
    const inserted = Buffer.from(done.bytes.toString('latin1').replaceAll(/ alt="[^"]*"/g, ''), 'latin1');
    expect(inserted.equals(bytes)).toBe(true);
    expect(done.text).toContain(`Eine K${umlaut}tzchen`);
  });

  test.each([
    ['UTF-16', iconv.encode(`\ufeff${body}`, 'utf-16le')],
    ['ISO-2022-JP', Buffer.from('<meta charset="iso-2022-jp"><img src=cat.jpg>')],
  ])('%s is left alone', async (_, bytes) => {
    await expect(fill(bytes)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    expect((await readFile(join(folder, 'page.html'))).equals(bytes)).toBe(true);
  });
});

test('a file keeps its rights, and a link stays a link', async () => {
  const file = await put('real.html', '<img src=cat.jpg>');
  await chmod(file, 0o640);
  const link = join(folder, 'link.html');
  await symlink(file, link);
  const wish = { root: folder, language: undefined, suggest: false, write: true };
  await fillPage({ file: link, ...wish }, new ImageFiles(), lookUp);
  expect([(await stat(file)).mode & 0o777, await readFile(link, 'utf8')]).toEqual([
    0o640,
    await readFile(file, 'utf8'),
  ]);
  expect(await readFile(file, 'utf8')).toContain('alt=');
});

test('a file that another program changes meanwhile is left as that leaves it', async () => {
  const file = await put('busy.html', '<img src=cat.jpg>');
  const busy: LookUp = async (sha256s, language) => {
    await writeFile(file, '<p>other');
    await utimes(file, 1, 1);
    return lookUp(sha256s, language);
  };
  const wish = { file, root: folder, language: undefined, suggest: false, write: true };
  await expect(fillPage(wish, new ImageFiles(), busy)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await readFile(file, 'utf8')).toBe('<p>other');
});

test('whatever the markup, inserted texts read back and nothing else changes', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '<img src=a>',
      '<IMG/src="b"/>',
      "<img\r\n src='c' class=x y>",
      '<img src="d" alt>',
      '<image src=e>',
      '<p>',
      '</div>',
    ),
    fc.constantFrom(
      '<table><tr>',
      '<b><i>',
      '</b>',
      '<svg>',
      '</svg>',
      '<math>',
      '<template>',
      '</template>',
      '<select>',
      '<!--',
      '-->',
    ),
    fc.constantFrom(
      '<a href=x>',
      '<img src=a<b>',
      '<img',
      '"',
      '\u0000',
      '\r',
      'ü',
      '&amp',
      '<title>',
      '</title>',
      '<noscript>',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.string({ unit: 'grapheme' }), (pieces, words) => {
      const bytes = Buffer.from(pieces.join(''));
      const page = readPage(bytes);
      const open = page.images.filter(({ alt }) => alt === undefined);
      // A line, as texts are.
      const alt = words.replaceAll(/[\p{Cc}\p{Cs}]/gu, '');
      const written = Buffer.from(
        insertAltTexts(
          page,
          open.map((image) => ({ image, alt, isSuggestion: false })),
        ),
      );
      const again = readPage(written).images;
      expect(again.map((image) => image.alt)).toEqual(page.images.map((image) => image.alt ?? alt));
      let removed = written.toString('latin1');
      const length = removed.length - bytes.length;
      expect(length % Math.max(1, open.length)).toBe(0);
      for (const { place } of open) removed = removed.slice(0, place) + removed.slice(place + length / open.length);
      expect(removed).toBe(bytes.toString('latin1'));
      expect(parse(removed).childNodes.length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});
