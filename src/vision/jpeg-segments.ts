/** Segments that are put into a JPEG file while its pixels stay what they are. */

const START_OF_IMAGE = 2;
const APP1 = 0xe1;
const APP2 = 0xe2;
/** Of a segment's content: its length is told in 16 bits, which count themselves. */
const LONGEST = 0xffff - 2;
const PROFILE_NAME = Buffer.from('ICC_PROFILE\0');

/** @param orientation as EXIF numbers it, 1 to 8; it counts before any the file has itself */
export function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array {
  const exif = Buffer.from('Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0', 'latin1');
  exif.writeUInt16BE(orientation, exif.length - 8);
  return withSegments(jpeg, [segment(APP1, exif)]);
}

/** @param profile an ICC profile, which says what the file's colours mean */
export function withProfile(jpeg: Uint8Array, profile: Uint8Array): Uint8Array {
  const most = LONGEST - PROFILE_NAME.length - 2;
  const count = Math.ceil(profile.length / most);
  const parts = Array.from({ length: count }, (_, index) =>
    segment(
      APP2,
      Buffer.concat([
        PROFILE_NAME,
        Uint8Array.of(index + 1, count),
        profile.subarray(index * most, (index + 1) * most),
      ]),
    ),
  );
  return withSegments(jpeg, parts);
}

function withSegments(jpeg: Uint8Array, segments: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([jpeg.subarray(0, START_OF_IMAGE), ...segments, jpeg.subarray(START_OF_IMAGE)]);
}

function segment(marker: number, content: Uint8Array): Uint8Array {
  const head = Buffer.of(0xff, marker, 0, 0);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}
