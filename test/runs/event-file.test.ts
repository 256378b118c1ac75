import { expect, test } from 'vitest';
import { crc32c, maskedCrc32c } from '../../src/runs/crc32c.js';
import { encodeEvents } from '../../src/runs/event-file.js';

// RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
test.each([
  ['32 bytes of zeroes', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['32 bytes, rising', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
  ['32 bytes, falling', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(), 0],
])('the CRC-32C of %s', (_, bytes, crc) => {
  expect(crc32c(bytes)).toBe(crc);
});

test('a file begins with the record of its version, whose checksums hold', () => {
  const file = Buffer.from(encodeEvents(1, []));
  const length = Number(file.readBigUInt64LE(0));
  expect(file).toHaveLength(length + 16);
  expect(file.readUInt32LE(8)).toBe(maskedCrc32c(file.subarray(0, 8)));
  expect(file.readUInt32LE(12 + length)).toBe(maskedCrc32c(file.subarray(12, 12 + length)));
  expect(file.toString('latin1')).toContain('brain.Event:2');
});
