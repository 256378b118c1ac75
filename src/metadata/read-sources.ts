/** What a photo and its sidecars say together. It computes only; metadata-thread.ts runs it. */
import { EkphrasisError } from '../errors.js';
import { type FileMetadata, uniqueCaptions, uniqueKeywords } from './file-metadata.js';
import { readExif } from './read-exif.js';
import { readXmp } from './read-xmp.js';
import { XmpDocument } from './xmp-document.js';

export interface MetadataSources {
  /** The photo's file; none where only sidecars are read. */
  readonly photo?: Uint8Array | undefined;
  /** The XMP packet in it. */
  readonly packet?: Uint8Array | undefined;
  /** Sidecars, what holds before others first. */
  readonly sidecars: readonly Uint8Array[];
  /** What models wrote by way of Ekphrasis is read as well. Default: false, for it is no more than they say anyway. */
  readonly withModels?: boolean | undefined;
}

export interface ReadMetadata {
  readonly metadata: FileMetadata;
  /** What of the sources could not be read: sentences. */
  readonly problems: readonly string[];
}

/**
 * Of each thing the first source that says it is believed: sidecars, then the photo's XMP, then its EXIF and IPTC.
 * Keywords of a photo's XMP and IPTC count together.
 */
export function readSources({ photo, packet, sidecars, withModels = false }: MetadataSources): ReadMetadata {
  const problems: string[] = [];
  const packets = [...sidecars, ...(packet ? [packet] : [])].map((bytes) => {
    try {
      return readXmp(XmpDocument.parse(bytes));
    } catch (error) {
      // Such as a RangeError of elements nested without end.
      problems.push(error instanceof EkphrasisError ? error.message : 'The XMP cannot be read.');
      return undefined;
    }
  });
  const beside = packets.slice(0, sidecars.length).filter((read) => read !== undefined);
  const inside = [packets[sidecars.length], photo && readExif(photo)].filter((read) => read !== undefined);
  const all = [...beside, ...inside];
  const first = <Name extends keyof FileMetadata>(name: Name) =>
    all.map((read) => read[name]).find((value) => value !== undefined);
  const keywords = beside.find((read) => read.keywords.length > 0)?.keywords ?? inside.flatMap((read) => read.keywords);
  const fields = new Set<string>();
  const captions = all.flatMap((read) => {
    const own = read.captions.filter(
      ({ field, writtenBy }) => !fields.has(field) && (withModels || writtenBy !== 'model'),
    );
    for (const { field } of own) fields.add(field);
    return own;
  });
  return {
    metadata: {
      takenAt: first('takenAt'),
      camera: first('camera'),
      lens: first('lens'),
      orientation: first('orientation'),
      title: first('title'),
      rating: first('rating'),
      keywords: uniqueKeywords(keywords),
      captions: uniqueCaptions(captions),
    },
    problems,
  };
}
