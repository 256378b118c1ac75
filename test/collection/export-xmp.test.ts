/** Captions written back into a folder of photos, as other programs then find them. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exportXmp, type XmpExport } from '../../src/collection/export-xmp.js';
import { correctCaption } from '../../src/collection/people-captions.js';
import { recordMetadata } from '../../src/collection/record-metadata.js';
import type { ImageId } from '../../src/ids.js';
import type { Store } from '../../src/store/store.js';
import { exiftool, hasPerl } from '../metadata/exiftool.js';
import { openTestStore } from '../store/open-test-store.js';
import { addModel, sha256Of } from '../store/records.js';
import { drawnPicture } from '../vision/pictures.js';

let store: Store;
let folder: string;
let ids: ImageId[];
const limits = { maximumBytes: 2 ** 24, maximumPixels: 2 ** 24 };
const NAMES = ['one.jpg', 'trip/two.jpg', 'trip/three.png'] as const;

beforeEach(async () => {
  store = await openTestStore();
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-back-'));
  await mkdir(join(folder, 'trip'));
  const photos = await Promise.all(
    NAMES.map(async (name, seed) => {
      const picture = sharp(await drawnPicture(seed + 1, 48, 32));
      const bytes = await (name.endsWith('png') ? picture.png() : picture.jpeg()).toBuffer();
      await writeFile(join(folder, name), bytes);
      return { name, bytes: new Uint8Array(bytes) };
    }),
  );
  const { id: datasetId } = await store.datasets.open({ name: 'mine', origin: folder, format: 'folder' });
  const added = await store.images.add(
    photos.map(({ name, bytes }) => ({
      sha256: sha256Of(bytes),
      mediaType: 'image/jpeg',
      width: 48,
      height: 32,
      bytes,
      name,
    })),
  );
  ids = added.map(({ id }) => id);
  await store.datasetPhotos.put(
    datasetId,
    ids.map((imageId, index) => ({ imageId, path: NAMES[index] ?? '', split: null, captions: [] })),
  );
  const model = await addModel(store, 'scribe');
  await store.models.makeCurrent(model.id);
  for (const imageId of ids)
    await store.captions.putGenerated({
      imageId,
      modelId: model.id,
      text: 'a machine says so',
      words: [],
      logProbability: -0.1,
    });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const write = (wish: Partial<XmpExport> = {}) =>
  exportXmp({ into: 'sidecar', field: 'altText', reviewed: false, dryRun: false, ...wish }, { store, limits });
const first = () => ids[0] ?? ('' as ImageId);
const read = (name: string) => readFile(join(folder, name), 'utf8');
const correct = (text: string) => correctCaption({ imageId: first(), text }, store);

describe('sidecars', () => {
  test('each photo gets one, the photos stay, and again nothing is written', async () => {
    const before = await Promise.all(NAMES.map((name) => readFile(join(folder, name))));
    expect(await write({ dryRun: true })).toMatchObject({ written: 3 });
    expect((await readdir(folder)).sort()).toEqual(['one.jpg', 'trip']);
    expect(await write()).toMatchObject({ written: 3, same: 0, failed: 0, problems: [] });
    expect((await readdir(join(folder, 'trip'))).sort()).toEqual([
      'three.png',
      'three.png.xmp',
      'two.jpg',
      'two.jpg.xmp',
    ]);
    expect(await read('one.jpg.xmp')).toMatch(/a machine says so[\s\S]*<ekphrasis:Model>scribe</);
    expect(await write()).toMatchObject({ written: 0, same: 3 });
    expect(await Promise.all(NAMES.map((name) => readFile(join(folder, name))))).toEqual(before);
    // Read again, a machine's words are none of the file.
    await recordMetadata(
      first(),
      { path: join(folder, 'one.jpg'), sidecars: [join(folder, 'one.jpg.xmp')] },
      { store, limits },
    );
    expect((await store.fileMetadata.findMany([first()])).get(first())?.captions).toEqual([]);
  });

  test("a person's correction takes the machine's place, never the other way round, and --reviewed writes no other", async () => {
    await write();
    const given = await correct('Our Rex');
    expect(await write({ reviewed: true })).toMatchObject({ written: 1, uncaptioned: 2 });
    expect(await read('one.jpg.xmp')).toContain('<ekphrasis:Author>person<');
    await store.peopleCaptions.remove(given.id);
    expect(await write()).toMatchObject({ written: 0, kept: 1, same: 2 });
  });

  test('an existing photo.xmp is taken, whatever its case, and what is no XMP is left and told', async () => {
    await writeFile(join(folder, 'trip/two.xmp'), 'no XMP');
    const report = await write();
    expect(report).toMatchObject({ written: 2, failed: 1 });
    expect(report.problems[0]).toMatch(/two\.jpg: The XMP cannot be read/);
    expect(await read('trip/two.xmp')).toBe('no XMP');
  });

  test('words of a person in the photo are not hidden by a sidecar', async () => {
    const path = join(folder, 'one.jpg');
    const bytes = await sharp(await readFile(path))
      .withXmp(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"><Iptc4xmpCore:AltTextAccessibility>Mine</Iptc4xmpCore:AltTextAccessibility></rdf:Description></rdf:RDF></x:xmpmeta>',
      )
      .toBuffer();
    await writeFile(path, bytes);
    // Another photo than the one that is known: nothing is said of it.
    expect(await write()).toMatchObject({ written: 2, changed: 1 });
    await store.fileMetadata.noteWritten(first(), path, sha256Of(bytes), true);
    expect(await write()).toMatchObject({ same: 2, kept: 1 });
  });

  test('a photo that is gone, and one whose folder is not there, have no file', async () => {
    await rm(join(folder, 'trip'), { recursive: true });
    expect(await write()).toMatchObject({ written: 1, noFile: 2 });
  });

  test('a folder outside of the allowed one is left alone, also by way of a link', async () => {
    const allowed = await mkdtemp(join(tmpdir(), 'ekphrasis-allowed-'));
    try {
      expect(await write({ within: allowed })).toMatchObject({ written: 0, noFile: 3 });
      expect(await write({ within: join(folder, 'trip') })).toMatchObject({ written: 2, noFile: 1 });
      await symlink(join(allowed, 'target.xmp'), join(folder, 'one.jpg.xmp'));
      await writeFile(join(allowed, 'target.xmp'), '');
      expect(await write({ within: folder })).toMatchObject({ written: 0, same: 2, failed: 1 });
    } finally {
      await rm(allowed, { recursive: true });
    }
  });

  test('--to writes elsewhere, and uploads as well', async () => {
    const to = join(folder, 'elsewhere');
    const bytes = new Uint8Array(await drawnPicture(8, 16, 16));
    const [upload] = await store.images.add([
      {
        sha256: sha256Of(bytes),
        mediaType: 'image/png',
        width: 16,
        height: 16,
        bytes,
        name: 'ONE.jpg',
        uploaded: true,
      },
    ]);
    await correctCaption({ imageId: upload?.id ?? first(), text: 'An upload' }, store);
    expect(await write({ to })).toMatchObject({ written: 4 });
    expect((await readdir(to, { recursive: true })).sort()).toEqual([
      'ONE-2.jpg.xmp',
      'one.jpg.xmp',
      'trip',
      'trip/three.png.xmp',
      'trip/two.jpg.xmp',
    ]);
    expect((await readdir(folder)).sort()).toEqual(['elsewhere', 'one.jpg', 'trip']);
  });

  test('a folder that may not be written is told before the first photo', async () => {
    await chmod(folder, 0o777);
    await chmod(join(folder, 'trip'), 0o555);
    await expect(asNobody(() => write())).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('trip') as string,
    });
    await chmod(join(folder, 'trip'), 0o755);
    expect((await readdir(folder)).sort()).toEqual(['one.jpg', 'trip']);
  });
});

/** Root may write everywhere: it becomes nobody for a moment. */
async function asNobody<T>(action: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return action();
  process.seteuid?.(65_534);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}

describe.runIf(hasPerl)('into photos', () => {
  test('each says its caption, keeps its pixels, rights and time, and stays the same photo', async () => {
    const path = join(folder, 'one.jpg');
    const taken = new Date('2011-01-02T03:04:05Z');
    await chmod(path, 0o640);
    await utimes(path, taken, taken);
    const before = await readFile(path);
    expect(await write({ into: 'photo', dryRun: true })).toMatchObject({ written: 3 });
    expect(await readFile(path)).toEqual(before);
    expect(await write({ into: 'photo' })).toMatchObject({ written: 3, failed: 0, problems: [] });
    const after = await readFile(path);
    expect(exiftool('-b', '-XMP-iptcCore:AltTextAccessibility', path)).toBe('a machine says so');
    const pixels = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();
    expect((await pixels(after)).equals(await pixels(before))).toBe(true);
    const { mode, mtime } = await stat(path);
    expect([mode & 0o777, mtime]).toEqual([0o640, taken]);
    expect((await readdir(folder)).sort()).toEqual(['one.jpg', 'trip']);
    expect((await store.images.findByFile([sha256Of(after)])).get(sha256Of(after))?.id).toBe(first());
    expect(await write({ into: 'photo' })).toMatchObject({ written: 0, same: 3 });
    await correct('Our Rex');
    expect(await write({ into: 'photo' })).toMatchObject({ written: 1, same: 2 });
    expect(exiftool('-b', '-XMP-iptcCore:AltTextAccessibility', path)).toBe('Our Rex');
  });

  test('the round trip: written, changed by ExifTool, read again, adopted', async () => {
    await write();
    const sidecar = join(folder, 'one.jpg.xmp');
    exiftool('-q', '-overwrite_original', '-XMP-iptcCore:AltTextAccessibility=Rex jumps', sidecar);
    await recordMetadata(first(), { path: join(folder, 'one.jpg'), sidecars: [sidecar] }, { store, limits });
    expect((await store.fileMetadata.captionsOf([first()])).get(first())).toMatchObject([
      { field: 'altText', text: 'Rex jumps' },
    ]);
    expect(await write()).toMatchObject({ kept: 1, same: 2 });
  });

  test('copies elsewhere leave the photos as they are', async () => {
    const to = join(folder, 'copies');
    const before = await readFile(join(folder, 'one.jpg'));
    expect(await write({ into: 'photo', to })).toMatchObject({ written: 3 });
    expect(exiftool('-b', '-XMP-iptcCore:AltTextAccessibility', join(to, 'one.jpg'))).toBe('a machine says so');
    expect(await readFile(join(folder, 'one.jpg'))).toEqual(before);
    expect(await write({ into: 'photo', to })).toMatchObject({ same: 3 });
  });
});
