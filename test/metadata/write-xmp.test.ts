/** Captions put into XMP, and what ExifTool reads of them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbedder } from '../../src/metadata/embed-xmp.js';
import { readPacket } from '../../src/metadata/read-metadata.js';
import { readSources } from '../../src/metadata/read-sources.js';
import { type CaptionWish, mergeCaption, saysCaption } from '../../src/metadata/write-xmp.js';
import { exiftool, hasPerl } from './exiftool.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ekphrasis-written-'));
});
afterAll(() => rm(folder, { recursive: true }));

const MACHINE = { by: 'model', model: 'scenes & "more" <3>', confidence: 0.8125 } as const;
const wish = (text: string, more: Partial<CaptionWish> = {}): CaptionWish => ({
  field: 'altText',
  language: 'en',
  text,
  author: MACHINE,
  ...more,
});
const written = (packet: Uint8Array | undefined, to: CaptionWish): Uint8Array => {
  const merged = mergeCaption(packet, to, []);
  if (merged.outcome !== 'written') throw new Error(merged.outcome);
  return merged.packet;
};
const outcome = (packet: Uint8Array, to: CaptionWish) => mergeCaption(packet, to, []).outcome;
const text = (packet: Uint8Array) => new TextDecoder().decode(packet);

/** What a person may write, down to the byte. */
const TEXTS = [
  'A dog runs.',
  'Ein „Löwe“ & <zwei> \'Zebras\' "dort" — 100 %',
  '獅子が寝ている',
  'طفل يركض على الشاطئ',
  'family 👨‍👩‍👧 e\u0301 ﬁ',
  'two\nlines',
  ' blanks  inside ]]> and &amp; &#65; ',
];

describe.runIf(hasPerl)('ExifTool reads byte for byte what was written', () => {
  const value = (path: string, tag: string) => exiftool('-b', `-${tag}`, path);

  test.each(TEXTS)('into a sidecar: %j', async (words) => {
    const path = join(folder, 'written.xmp');
    await writeFile(
      path,
      written(written(undefined, wish(words)), wish(words, { field: 'description', language: 'de' })),
    );
    expect(value(path, 'XMP-iptcCore:AltTextAccessibility')).toBe(words);
    expect(value(path, 'XMP-iptcCore:AltTextAccessibility-en')).toBe(words);
    expect(value(path, 'XMP-dc:Description-de')).toBe(words);
    expect(exiftool('-validate', '-warning', '-a', path)).not.toMatch(/Warning|Error/);
    const [mark] = JSON.parse(exiftool('-j', '-struct', '-XMP-ekphrasis:all', path)) as [{ Captions: unknown }];
    expect(mark.Captions).toMatchObject([
      { Field: 'AltTextAccessibility', Language: 'en', Author: 'model', Model: MACHINE.model, Confidence: 0.813 },
      { Field: 'description', Language: 'de', Author: 'model' },
    ]);
  });

  test.each(['jpeg', 'png', 'webp', 'tiff', 'avif'] as const)('into a photo: %s', async (format) => {
    const photo = await sharp({ create: { width: 24, height: 16, channels: 3, background: '#a53' } })
      .composite([{ input: Buffer.from('<svg width="9" height="9"><circle r="4" cx="4" cy="4"/></svg>') }])
      .toFormat(format)
      .withExif({ IFD0: { Make: 'Canon', Artist: 'Jane' } })
      .toBuffer();
    const embedder = await openEmbedder();
    try {
      const [words = ''] = TEXTS.slice(1);
      const packet = written(await readPacket(photo), wish(words));
      const changed = await embedder.embed(photo, `photo.${format}`, packet);
      const path = join(folder, `embedded.${format}`);
      await writeFile(path, changed);
      expect(value(path, 'XMP-iptcCore:AltTextAccessibility')).toBe(words);
      const there = await readPacket(changed);
      expect(there && saysCaption(there, wish(words))).toBe(true);
      const pixels = (bytes: Uint8Array) => sharp(bytes).raw().toBuffer();
      expect((await pixels(changed)).equals(await pixels(photo))).toBe(true);
      if (format !== 'tiff') expect(value(path, 'EXIF:Artist')).toBe('Jane');
      expect(exiftool('-validate', '-error', path)).not.toMatch(/Error/);
    } finally {
      await embedder.close();
    }
  });
});

describe('what others wrote stays', () => {
  test("darktable's history and unknown names outlive a caption", async () => {
    const darktable = `<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:darktable="http://darktable.sf.net/"
   xmp:Rating="3"
   darktable:xmp_version="5">
   <darktable:history>
    <rdf:Seq>
     <rdf:li darktable:num="0" darktable:operation="flip" darktable:params="gz02eJxjYGBgYGBgAAAABQAB&amp;"/>
    </rdf:Seq>
   </darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>`;
    const packet = written(new TextEncoder().encode(darktable), wish('A dog'));
    for (const line of darktable
      .split('\n')
      .filter((one) => one.includes('darktable:') && !one.includes('xmp_version')))
      expect(text(packet)).toContain(line.trim());
    expect(readSources({ sidecars: [packet], withModels: true }).metadata).toMatchObject({
      rating: 3,
      captions: [{ field: 'altText', language: 'en', text: 'A dog', writtenBy: 'model' }],
    });
    expect(readSources({ sidecars: [packet] }).metadata.captions).toEqual([]);
    if (!hasPerl) return;
    const path = join(folder, 'darktable.xmp');
    await writeFile(path, packet);
    expect(exiftool('-b', '-XMP-darktable:HistoryOperation', path)).toBe('flip');
  });

  test.runIf(hasPerl)('what ExifTool writes beside our words, and over them, is kept', async () => {
    const path = join(folder, 'changed.xmp');
    await rm(path, { force: true });
    await writeFile(path, written(undefined, wish('A dog')));
    exiftool('-q', '-overwrite_original', '-XMP-dc:Title=Mine', '-XMP-xmp:Rating=5', path);
    let packet = new Uint8Array(await readFile(path));
    packet = new Uint8Array(written(packet, wish('A brown dog')));
    await writeFile(path, packet);
    expect(exiftool('-b', '-XMP-dc:Title', path)).toBe('Mine');
    expect(exiftool('-b', '-XMP-iptcCore:AltTextAccessibility', path)).toBe('A brown dog');
    // A person changes it there: from now on it is that person's.
    exiftool('-q', '-overwrite_original', '-XMP-iptcCore:AltTextAccessibility=Rex', path);
    packet = new Uint8Array(await readFile(path));
    expect(outcome(packet, wish('A dog sits'))).toBe('kept');
    expect(outcome(packet, wish('Rex'))).toBe('same');
    expect(readSources({ sidecars: [packet] }).metadata.captions).toMatchObject([{ text: 'Rex', language: undefined }]);
    exiftool('-q', '-overwrite_original', '-XMP-iptcCore:AltTextAccessibility=', path);
    expect(outcome(new Uint8Array(await readFile(path)), wish('A dog sits'))).toBe('removed');
  });

  test('a person of the file, of this program, and a machine', () => {
    const ofPerson = { author: { by: 'person' } } as const;
    const machine = written(undefined, wish('A dog'));
    const person = written(machine, wish('Our dog Rex', ofPerson));
    expect(outcome(machine, wish('A dog'))).toBe('same');
    expect(outcome(person, wish('A dog'))).toBe('kept');
    expect(outcome(person, wish('Our dog Max', ofPerson))).toBe('written');
    const elsewhere = [{ field: 'altText', text: 'A hound' }] as const;
    expect(mergeCaption(undefined, wish('A dog'), elsewhere).outcome).toBe('kept');
    expect(mergeCaption(undefined, wish('A dog', { field: 'description' }), elsewhere).outcome).toBe('written');
    expect(
      mergeCaption(undefined, wish('A dog', { field: 'description' }), [{ field: 'caption', text: 'Words' }]).outcome,
    ).toBe('kept');
  });

  test('languages stand beside each other', () => {
    const english = written(undefined, wish('A dog'));
    const both = written(english, wish('Ein Hund', { language: 'de' }));
    expect(saysCaption(both, wish('A dog'))).toBe(true);
    expect(saysCaption(both, wish('Ein Hund', { language: 'de' }))).toBe(true);
    expect(
      readSources({ sidecars: [both], withModels: true }).metadata.captions.map(({ language }) => language),
    ).toEqual(['de', 'en']);
  });

  test('a packet that is no XMP is refused', () => {
    expect(() => mergeCaption(new TextEncoder().encode('<a/>'), wish('A dog'), [])).toThrow(/XMP cannot be read/);
  });
});
