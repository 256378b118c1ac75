/**
 * What photos say, by the fields that programs of photographers write: a matrix of formats and writers. ExifTool writes
 * the files, under the names that each program uses.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMetadata } from '../../src/metadata/read-metadata.js';
import { readSources } from '../../src/metadata/read-sources.js';
import { exiftool, hasPerl } from './exiftool.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-metadata-'));
});
afterAll(() => rm(folder, { recursive: true }));

const FORMATS = ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const;
type Format = (typeof FORMATS)[number];

let files = 0;
async function picture(format: Format, ...tags: string[]): Promise<string> {
  files += 1;
  const path = join(folder, `photo-${files}.${format === 'jpeg' ? 'jpg' : format}`);
  await sharp({ create: { width: 24, height: 16, channels: 3, background: '#a53' } })
    .toFormat(format)
    .toFile(path);
  if (tags.length > 0) exiftool('-q', '-m', '-overwrite_original', ...tags, path);
  return path;
}

async function read(path: string, ...sidecars: string[]) {
  const { metadata, problems } = await readMetadata(
    await readFile(path),
    await Promise.all(sidecars.map((sidecar) => readFile(sidecar))),
  );
  expect(problems).toEqual([]);
  return metadata;
}

const TEXT = 'Ein Löwe & "zwei" <Löwen> — 獅子';

/** How each program writes its fields, and what is to be read of them. */
const WRITERS = {
  'ExifTool, EXIF': {
    formats: FORMATS,
    tags: [
      '-EXIF:DateTimeOriginal=2021:05:06 07:08:09',
      '-EXIF:OffsetTimeOriginal=-03:30',
      '-EXIF:SubSecTimeOriginal=25',
      '-EXIF:Make=NIKON CORPORATION',
      '-EXIF:Model=NIKON Z 6',
      '-EXIF:LensModel=NIKKOR Z 50mm f/1.8 S',
      '-EXIF:ImageDescription=A lion sleeps',
      '-IFD0:Rating=3',
    ],
    read: {
      takenAt: { instant: new Date('2021-05-06T10:38:09.250Z'), offset: -210 },
      camera: 'NIKON Z 6',
      lens: 'NIKKOR Z 50mm f/1.8 S',
      rating: 3,
      captions: [{ field: 'imageDescription', text: 'A lion sleeps' }],
    },
  },
  Lightroom: {
    formats: FORMATS,
    tags: [
      '-XMP-exif:DateTimeOriginal=2021:05:06 07:08:09',
      `-XMP-dc:Description=${TEXT}`,
      '-XMP-dc:Description-de=Zwei Löwen',
      '-XMP-dc:Title=Lions',
      `-XMP-iptcCore:AltTextAccessibility=${TEXT} (alt)`,
      '-XMP-iptcCore:ExtDescrAccessibility=A longer story',
      '-XMP-dc:Subject=zoo',
      '-XMP-lr:HierarchicalSubject=Animals|Cats|Lion',
      '-XMP-xmp:Rating=5',
      '-XMP-tiff:Make=Canon',
      '-XMP-tiff:Model=EOS R5',
      '-XMP-aux:Lens=RF24-105mm',
    ],
    read: {
      takenAt: { instant: new Date('2021-05-06T07:08:09Z'), offset: undefined },
      title: 'Lions',
      rating: 5,
      keywords: ['zoo', 'Lion', 'Animals/Cats/Lion'],
      camera: 'Canon EOS R5',
      lens: 'RF24-105mm',
      captions: [
        { field: 'altText', text: `${TEXT} (alt)` },
        { field: 'extendedDescription', text: 'A longer story' },
        { field: 'description', text: TEXT },
        { field: 'description', language: 'de', text: 'Zwei Löwen' },
      ],
    },
  },
  digiKam: {
    formats: FORMATS,
    tags: [
      `-XMP-dc:Description=${TEXT}`,
      `-XMP-tiff:ImageDescription=${TEXT}`,
      '-XMP-digiKam:TagsList=Places/Paris',
      '-XMP-digiKam:TagsList=family',
      '-XMP-dc:Subject=Paris',
      '-XMP-xmp:Rating=4',
      '-XMP-photoshop:DateCreated=2019:12:31 23:59:58+01:00',
    ],
    read: {
      takenAt: { instant: new Date('2019-12-31T22:59:58Z'), offset: 60 },
      rating: 4,
      keywords: ['Paris', 'Places/Paris', 'family'],
      captions: [{ field: 'description', text: TEXT }],
    },
  },
  'news agencies, IPTC': {
    formats: ['jpeg', 'tiff'],
    tags: [
      '-codedcharacterset=utf8',
      `-IPTC:Caption-Abstract=${TEXT}`,
      '-IPTC:ObjectName=Lions',
      '-IPTC:Keywords=zoo',
      '-IPTC:Keywords=Löwe',
      '-IPTC:DateCreated=2018:02:03',
      '-IPTC:TimeCreated=04:05:06+01:00',
    ],
    read: {
      takenAt: { instant: new Date('2018-02-03T03:05:06Z'), offset: 60 },
      title: 'Lions',
      keywords: ['zoo', 'Löwe'],
      captions: [{ field: 'caption', text: TEXT }],
    },
  },
  'old programs, IPTC in Latin 1': {
    formats: ['jpeg', 'tiff'],
    tags: ['-charset', 'iptc=Latin', '-IPTC:Caption-Abstract=Ein Löwe in Zürich'],
    read: { captions: [{ field: 'caption', text: 'Ein Löwe in Zürich' }] },
  },
  cameras: {
    formats: ['jpeg', 'tiff'],
    tags: [
      '-EXIF:ImageDescription=OLYMPUS DIGITAL CAMERA         ',
      '-EXIF:Make=OLYMPUS CORPORATION',
      '-EXIF:Model=E-M5',
      '-EXIF:DateTimeOriginal=0000:00:00 00:00:00',
    ],
    read: { camera: 'OLYMPUS CORPORATION E-M5', takenAt: undefined, captions: [] },
  },
} as const;

describe.runIf(hasPerl)('files by the programs that wrote them', () => {
  const cases = Object.entries(WRITERS).flatMap(([writer, { formats }]) =>
    formats.map((format) => [writer, format] as const),
  );
  test.each(cases)('%s: %s', async (writer, format) => {
    const { tags, read: expected } = WRITERS[writer as keyof typeof WRITERS];
    expect(await read(await picture(format, ...tags))).toMatchObject(expected);
  });
});

describe.runIf(hasPerl)('sidecars', () => {
  test('what immich writes holds before the photo, and the photo says the rest', async () => {
    const photo = await picture('jpeg', '-EXIF:ImageDescription=Old words', '-EXIF:Model=Pixel 8', '-IFD0:Rating=1');
    const sidecar = `${photo}.xmp`;
    exiftool(
      '-q',
      `-XMP-dc:Description=${TEXT}`,
      `-XMP-tiff:ImageDescription=${TEXT}`,
      '-XMP-exif:DateTimeOriginal=2022:01:01 12:00:00+01:00',
      '-XMP-xmp:Rating=2',
      '-XMP-digiKam:TagsList=Trips/Rome',
      sidecar,
    );
    expect(await read(photo, sidecar)).toMatchObject({
      takenAt: { instant: new Date('2022-01-01T11:00:00Z'), offset: 60 },
      camera: 'Pixel 8',
      rating: 2,
      keywords: ['Rome', 'Trips/Rome'],
      captions: [{ field: 'description', text: TEXT }],
    });
  });

  test('values that stand as attributes are read, as Adobe writes them', async () => {
    const photo = await picture('jpeg');
    const sidecar = join(folder, 'compact.xmp');
    exiftool('-q', '-api', 'Compact=Shorthand', '-XMP-xmp:Rating=4', '-XMP-photoshop:DateCreated=2020:01:01', sidecar);
    expect(await read(photo, sidecar)).toMatchObject({
      rating: 4,
      takenAt: { instant: new Date('2020-01-01T00:00:00Z') },
    });
  });
});

describe('hostile files', () => {
  const packet = (inside: string) =>
    new TextEncoder().encode(
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${inside}</rdf:RDF></x:xmpmeta>`,
    );

  test.each([
    ['entities that grow', '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'],
    ['XML without RDF', '<html/>'],
    ['an open element', '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>'],
    ['no XML', 'GIF89a'],
    ['elements beyond counting', `<x:xmpmeta xmlns:x="adobe:ns:meta/">${'<a/>'.repeat(300_000)}</x:xmpmeta>`],
    [
      'namespaces beyond counting',
      `${Array.from({ length: 2000 }, (_, index) => `<a xmlns:n${index}="u">`).join('')}${'</a>'.repeat(2000)}`,
    ],
  ])('a sidecar with %s is a problem that is told, and the photo is read', (_what, text) => {
    const { metadata, problems } = readSources({ sidecars: [new TextEncoder().encode(text)] });
    expect(metadata).toMatchObject({ captions: [], keywords: [] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^The XMP cannot be read/);
  });

  test('elements nested without end end nothing', () => {
    const deep = `${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}`;
    const description = '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>';
    const read = readSources({
      sidecars: [packet(`${description}${deep}</dc:description></rdf:Description>`)],
    });
    expect(read.metadata.captions).toEqual([]);
  });

  test('a photo with bytes changed anywhere is read without an error', async () => {
    const bytes = await sharp({ create: { width: 24, height: 16, channels: 3, background: '#a53' } })
      .jpeg()
      .withExif({
        IFD0: { Make: 'Canon', ImageDescription: 'A lion' },
        IFD2: { DateTimeOriginal: '2020:01:01 00:00:00' },
      })
      .toBuffer();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 }),
        fc.nat(bytes.length),
        (changes, length) => {
          const damaged = Uint8Array.from(bytes.subarray(0, length));
          for (const [place, value] of changes) damaged[place] = value;
          expect(readSources({ photo: damaged, sidecars: [] }).metadata.keywords).toBeInstanceOf(Array);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('texts without end are cut, and control characters are gone', async () => {
    const path = join(folder, 'long.xmp');
    const items = `<rdf:li>${'k'.repeat(500)}</rdf:li>`.repeat(1000);
    await writeFile(
      path,
      packet(
        `<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>${'word '.repeat(10_000)}</dc:description><dc:subject><rdf:Bag>${items}<rdf:li>a\u0085b</rdf:li></rdf:Bag></dc:subject></rdf:Description>`,
      ),
    );
    const { metadata } = await readMetadata(undefined, [await readFile(path)]);
    expect(metadata.captions[0]?.text).toHaveLength(10_000);
    expect(metadata.keywords).toEqual(['k'.repeat(200), 'a b']);
  });
});
