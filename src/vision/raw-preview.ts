/**
 * The JPEG pictures that cameras put into their raw files, found by the files' own directories. Only the structure is
 * read: what a directory says lies inside the file or does not count, and the number of directories has a limit.
 */

export interface RawPreview {
  /** The largest JPEG in the file. */
  readonly jpeg: Uint8Array;
  /** As EXIF numbers it, where the raw file says one. */
  readonly orientation: number | undefined;
}

/** Tags of TIFF, EXIF and the makers. */
const TAG = {
  panasonicJpeg: 0x002e,
  compression: 0x0103,
  photometric: 0x0106,
  stripOffsets: 0x0111,
  orientation: 0x0112,
  stripByteCounts: 0x0117,
  subDirectories: 0x014a,
  jpegOffset: 0x0201,
  jpegLength: 0x0202,
  exifDirectory: 0x8769,
  makerNote: 0x927c,
  dngVersion: 0xc612,
} as const;
/** Of Olympus, in its maker note. */
const OLYMPUS = { cameraSettings: 0x2020, previewStart: 0x0101, previewLength: 0x0102 } as const;

/** Compressions of strips that are a JPEG file each. */
const JPEG_COMPRESSIONS: ReadonlySet<number> = new Set([6, 7]);
/** Photometric interpretations of what a sensor measured: through colour filters, or a number for each colour. */
const SENSOR_DATA: ReadonlySet<number> = new Set([32_803, 34_892]);

/** TIFF's own number after the byte order, and those that Olympus and Panasonic write instead. */
const MAGIC_NUMBERS: ReadonlySet<number> = new Set([42, 0x4f52, 0x5352, 0x55]);
/** Bytes of one value of each type of TIFF. */
const TYPE_SIZES: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 4],
  [7, 1],
  [13, 4],
]);
/** More are in no camera's file. */
const MOST_DIRECTORIES = 64;
const MOST_ENTRIES = 1024;
const MOST_VALUES = 64;

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where its values lie. */
  readonly at: number;
}
type Directory = ReadonlyMap<number, Entry>;

/** Whether it is a camera's raw file, by what is in it. */
export function isRaw(bytes: Uint8Array): boolean {
  return isFujifilm(bytes) || isCanonMovie(bytes) || (TiffFile.open(bytes)?.isRaw() ?? false);
}

/** @returns undefined where there is none, or the file is cut short before it */
export function rawPreview(bytes: Uint8Array): RawPreview | undefined {
  if (isFujifilm(bytes)) return largest(fujifilmJpegs(bytes), undefined);
  if (isCanonMovie(bytes)) return largest(canonMovieJpegs(bytes), undefined);
  const file = TiffFile.open(bytes);
  return file && largest(file.jpegs(), file.orientation());
}

function largest(found: Iterable<Uint8Array>, orientation: number | undefined): RawPreview | undefined {
  const [jpeg] = [...found].sort((first, second) => areaOf(second) - areaOf(first));
  return jpeg && { jpeg, orientation };
}

class TiffFile {
  private readonly all: Directory[] = [];

  private constructor(
    private readonly data: Buffer,
    private readonly littleEndian: boolean,
    first: number,
  ) {
    this.walk(first, new Set());
  }

  static open(bytes: Uint8Array): TiffFile | undefined {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (data.length < 8) return undefined;
    const order = data.toString('latin1', 0, 2);
    if (order !== 'II' && order !== 'MM') return undefined;
    const littleEndian = order === 'II';
    const magic = littleEndian ? data.readUInt16LE(2) : data.readUInt16BE(2);
    if (!MAGIC_NUMBERS.has(magic)) return undefined;
    return new TiffFile(data, littleEndian, littleEndian ? data.readUInt32LE(4) : data.readUInt32BE(4));
  }

  isRaw(): boolean {
    if (this.data.readUInt16LE(2) !== 42 && this.data.readUInt16BE(2) !== 42) return true;
    if (this.data.toString('latin1', 8, 10) === 'CR') return true;
    return this.all.some(
      (directory) => directory.has(TAG.dngVersion) || SENSOR_DATA.has(this.value(directory, TAG.photometric) ?? 0),
    );
  }

  orientation(): number | undefined {
    const [first] = this.all;
    const value = first && this.value(first, TAG.orientation);
    return value !== undefined && value >= 1 && value <= 8 ? value : undefined;
  }

  *jpegs(): Generator<Uint8Array> {
    for (const directory of this.all) {
      yield* this.jpegAt(this.value(directory, TAG.jpegOffset), this.value(directory, TAG.jpegLength));
      if (JPEG_COMPRESSIONS.has(this.value(directory, TAG.compression) ?? 0)) {
        const offsets = this.values(directory, TAG.stripOffsets);
        // Of several strips none is the whole picture.
        if (offsets.length === 1) yield* this.jpegAt(offsets[0], this.value(directory, TAG.stripByteCounts));
      }
      const panasonic = directory.get(TAG.panasonicJpeg);
      if (panasonic) yield* this.jpegAt(panasonic.at, panasonic.count);
      const note = directory.get(TAG.makerNote);
      if (note) yield* this.olympusJpeg(note);
    }
  }

  /** Offsets in it count from where it begins. */
  private *olympusJpeg(note: Entry): Generator<Uint8Array> {
    const name = this.data.toString('latin1', note.at, note.at + 10);
    const header = name.startsWith('OLYMPUS\0') ? 12 : name.startsWith('OM SYSTEM\0') ? 16 : undefined;
    if (header === undefined) return;
    const [top] = this.read(note.at + header, note.at) ?? [];
    const place = top && this.value(top, OLYMPUS.cameraSettings);
    if (place === undefined) return;
    const [settings] = this.read(note.at + place, note.at) ?? [];
    const start = settings && this.value(settings, OLYMPUS.previewStart);
    if (start !== undefined)
      yield* this.jpegAt(note.at + start, settings && this.value(settings, OLYMPUS.previewLength));
  }

  private *jpegAt(offset: number | undefined, length: number | undefined): Generator<Uint8Array> {
    if (offset !== undefined && length !== undefined) yield* jpegIn(this.data, offset, length);
  }

  /** Reads a directory, those that it names, and those that follow it. */
  private walk(offset: number, visited: Set<number>): void {
    let next = offset;
    while (next !== 0 && !visited.has(next) && visited.size < MOST_DIRECTORIES) {
      visited.add(next);
      const [directory, following] = this.read(next, 0) ?? [];
      if (!directory) return;
      this.all.push(directory);
      for (const place of [...this.values(directory, TAG.subDirectories), ...this.values(directory, TAG.exifDirectory)])
        this.walk(place, visited);
      next = following ?? 0;
    }
  }

  /** @param base what offsets in it count from @returns the directory, and where the next one is: 0 for none */
  private read(offset: number, base: number): [Directory, number] | undefined {
    const count = this.number(offset, 2);
    if (count === undefined || count > MOST_ENTRIES) return undefined;
    const directory = new Map<number, Entry>();
    for (let index = 0; index < count; index += 1) {
      const at = offset + 2 + 12 * index;
      const tag = this.number(at, 2);
      const type = this.number(at + 2, 2);
      const values = this.number(at + 4, 4);
      const place = this.number(at + 8, 4);
      if (tag === undefined || type === undefined || values === undefined || place === undefined) return undefined;
      const size = (TYPE_SIZES.get(type) ?? 1) * values;
      directory.set(tag, { type, count: values, at: size <= 4 ? at + 8 : base + place });
    }
    return [directory, this.number(offset + 2 + 12 * count, 4) ?? 0];
  }

  private value(directory: Directory, tag: number): number | undefined {
    return this.values(directory, tag)[0];
  }

  private values(directory: Directory, tag: number): number[] {
    const entry = directory.get(tag);
    const size = entry && TYPE_SIZES.get(entry.type);
    if (!entry || size === undefined) return [];
    return Array.from({ length: Math.min(entry.count, MOST_VALUES) }, (_, index) =>
      this.number(entry.at + size * index, size),
    ).filter((value) => value !== undefined);
  }

  private number(offset: number, size: number): number | undefined {
    if (offset + size > this.data.length) return undefined;
    return this.littleEndian ? this.data.readUIntLE(offset, size) : this.data.readUIntBE(offset, size);
  }
}

const FUJIFILM = 'FUJIFILMCCD-RAW ';

function isFujifilm(bytes: Uint8Array): boolean {
  return bytes.length >= 92 && Buffer.from(bytes.subarray(0, FUJIFILM.length)).toString('latin1') === FUJIFILM;
}

/** Whose place is told in the file's head. */
function fujifilmJpegs(bytes: Uint8Array): Iterable<Uint8Array> {
  const head = Buffer.from(bytes.subarray(0, 92));
  return jpegIn(bytes, head.readUInt32BE(84), head.readUInt32BE(88));
}

/** CR3: the boxes of a film, in one of whose tracks there is a JPEG. */
function isCanonMovie(bytes: Uint8Array): boolean {
  return bytes.length >= 12 && Buffer.from(bytes.subarray(4, 12)).toString('latin1') === 'ftypcrx ';
}

/** Boxes that hold boxes, on the way to a track's table of samples. */
const OUTER_BOXES: ReadonlySet<string> = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl']);

function* canonMovieJpegs(bytes: Uint8Array): Generator<Uint8Array> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size = 0;
  for (const { type, start, end } of boxesIn(data, 0, data.length)) {
    // Sizes come before places, and a picture is one sample.
    if (type === 'stsz' && start + 12 <= end) {
      size = data.readUInt32BE(start + 4);
      if (size === 0 && start + 16 <= end) size = data.readUInt32BE(start + 12);
    }
    if (type === 'co64' && start + 16 <= end) yield* jpegIn(data, Number(data.readBigUInt64BE(start + 8)), size);
  }
}

interface Box {
  readonly type: string;
  /** Of its content. */
  readonly start: number;
  readonly end: number;
}

function* boxesIn(data: Buffer, from: number, to: number): Generator<Box> {
  let at = from;
  while (at + 8 <= to) {
    const short = data.readUInt32BE(at);
    const type = data.toString('latin1', at + 4, at + 8);
    if (short === 1 && at + 16 > to) return;
    const head = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(data.readBigUInt64BE(at + 8)) : short === 0 ? to - at : short;
    if (size < head || at + size > to) return;
    if (OUTER_BOXES.has(type)) yield* boxesIn(data, at + head, at + size);
    else yield { type, start: at + head, end: at + size };
    at += size;
  }
}

/** What lies there, if it begins as a JPEG and is inside the file. */
function* jpegIn(bytes: Uint8Array, offset: number, length: number): Generator<Uint8Array> {
  const jpeg = bytes.subarray(offset, offset + length);
  if (jpeg.length === length && areaOf(jpeg) > 0) yield jpeg;
}

/** Frames of JPEG that decoders read: sequential and progressive ones. Sensor data are in lossless ones. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);

/** Width times height of a JPEG, by its frame; 0 for what is none. */
function areaOf(jpeg: Uint8Array): number {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) return 0;
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  let at = 2;
  while (at + 9 <= jpeg.length) {
    const marker = jpeg[at + 1] ?? 0;
    if (jpeg[at] !== 0xff) return 0;
    if (FRAMES.has(marker)) return view.getUint16(at + 5) * view.getUint16(at + 7);
    // Scans begin, or the picture ends: the frame should have come before.
    if (marker === 0xda || marker === 0xd9 || (marker >= 0xc3 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xcc))
      return 0;
    at += 2 + view.getUint16(at + 2);
  }
  return 0;
}
