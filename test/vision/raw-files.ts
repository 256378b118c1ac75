/** Raw files of cameras as far as their directories go, written by the test. */

/** A value of a directory: numbers of 16 or 32 bits, bytes, or the place of something else in the file. */
export type Value = { readonly short: number } | { readonly long: number } | { readonly placeOf: string };

export type Tags = Readonly<Record<number, Value>>;

export interface TiffParts {
  /** The first is where the file begins; each is followed by the next that `next` names. */
  readonly directories: Readonly<Record<string, { readonly tags: Tags; readonly next?: string }>>;
  readonly data: Readonly<Record<string, Uint8Array>>;
}

export interface TiffKind {
  readonly littleEndian?: boolean;
  /** The number after the byte order. */
  readonly magic?: number;
}

/** A TIFF file of these directories and data, the directories first. */
export function tiffFile({ directories, data }: TiffParts, { littleEndian = true, magic = 42 }: TiffKind = {}): Buffer {
  const places = new Map<string, number>();
  let at = 16;
  for (const [name, { tags }] of Object.entries(directories)) {
    places.set(name, at);
    at += 2 + 12 * Object.keys(tags).length + 4;
  }
  for (const [name, bytes] of Object.entries(data)) {
    places.set(name, at);
    at += bytes.length;
  }
  const file = Buffer.alloc(at);
  const put = (value: number, offset: number, size: number) =>
    littleEndian ? file.writeUIntLE(value, offset, size) : file.writeUIntBE(value, offset, size);
  const place = (name: string) => {
    const found = places.get(name);
    if (found === undefined) throw new Error(`nothing is called ${name}`);
    return found;
  };
  file.write(littleEndian ? 'II' : 'MM', 0, 'latin1');
  put(magic, 2, 2);
  put(16, 4, 4);
  for (const [name, { tags, next }] of Object.entries(directories)) {
    let entry = place(name);
    put(Object.keys(tags).length, entry, 2);
    entry += 2;
    for (const [tag, value] of Object.entries(tags)) {
      put(Number(tag), entry, 2);
      put('short' in value ? 3 : 4, entry + 2, 2);
      put(1, entry + 4, 4);
      if ('short' in value) put(value.short, entry + 8, 2);
      else put('long' in value ? value.long : place(value.placeOf), entry + 8, 4);
      entry += 12;
    }
    put(next === undefined ? 0 : place(next), entry, 4);
  }
  for (const [name, bytes] of Object.entries(data)) file.set(bytes, place(name));
  return file;
}

/** A DNG with a small JPEG in its first directory and a large one in another below it, beside the sensor's data. */
export function dngFile(small: Uint8Array, large: Uint8Array, orientation: number): Buffer {
  return tiffFile({
    directories: {
      main: {
        tags: {
          0x0103: { short: 7 },
          0x0106: { short: 6 },
          0x0111: { placeOf: 'small' },
          0x0112: { short: orientation },
          0x0117: { long: small.length },
          0x014a: { placeOf: 'sensor' },
          0xc612: { long: 0x0104 },
        },
      },
      sensor: {
        tags: { 0x0106: { short: 32_803 }, 0x0111: { placeOf: 'measured' }, 0x0117: { long: 64 } },
        next: 'preview',
      },
      preview: { tags: { 0x0103: { short: 7 }, 0x0111: { placeOf: 'large' }, 0x0117: { long: large.length } } },
    },
    data: { measured: Buffer.alloc(64, 0x5a), small, large },
  });
}
