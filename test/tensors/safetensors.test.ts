import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  decodeSafetensors,
  encodeSafetensors,
  parseHeader,
  readHeaderLength,
  type StoredTensor,
  toTensor,
} from '../../src/tensors/safetensors.js';

/** A file put together by hand, so that the reader is not only tested against the writer. */
function file(header: string, data: readonly number[] = []): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Uint8Array.from(data)]);
}

const refusal = (text: string) =>
  expect.objectContaining({ code: 'INVALID_CHECKPOINT', message: expect.stringContaining(text) as string }) as unknown;

const anyTensor: fc.Arbitrary<StoredTensor> = fc.array(fc.nat(4), { maxLength: 4 }).chain((shape) => {
  const length = { minLength: shape.reduce((a, b) => a * b, 1), maxLength: shape.reduce((a, b) => a * b, 1) };
  return fc.oneof(
    fc.float32Array(length).map((data): StoredTensor => ({ type: 'F32', shape, data })),
    fc.float64Array(length).map((data): StoredTensor => ({ type: 'F64', shape, data })),
    fc.uint16Array(length).map((data): StoredTensor => ({ type: 'F16', shape, data })),
    fc.int32Array(length).map((data): StoredTensor => ({ type: 'I32', shape, data })),
    fc.bigInt64Array(length).map((data): StoredTensor => ({ type: 'I64', shape, data })),
    fc.int8Array(length).map((data): StoredTensor => ({ type: 'I8', shape, data })),
    fc.uint8Array(length).map((data): StoredTensor => ({ type: 'U8', shape, data })),
  );
});

describe('safetensors', () => {
  it('gives back every tensor and all metadata, whatever their names, types and shapes', () => {
    const names = fc.string({ unit: 'binary' }).filter((name) => name !== '__metadata__');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, anyTensor), { maxLength: 6 }),
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
        (pairs, metadata) => {
          const tensors = new Map(pairs);
          const read = decodeSafetensors(encodeSafetensors(tensors, metadata));
          expect(read.metadata).toEqual(metadata);
          expect([...read.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
          for (const [name, tensor] of tensors)
            expect(isDeepStrictEqual(read.tensors.get(name), tensor), name).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('reads a file written by hand', () => {
    const bytes = file(
      '{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"__metadata__":{"k":"v"}}',
      [0, 0, 128, 63, 0, 0, 0, 192],
    );
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(tensors.get('a')).toEqual({ type: 'F32', shape: [1, 2], data: Float32Array.of(1, -2) });
    expect(metadata).toEqual({ k: 'v' });
  });

  it('starts the tensors at a multiple of eight bytes, as other readers expect', () => {
    const bytes = encodeSafetensors(new Map([['x', { type: 'U8', shape: [1], data: Uint8Array.of(7) }]]));
    expect(readHeaderLength(bytes) % 8).toBe(0);
    expect(bytes.at(-1)).toBe(7);
  });

  it('reads a tensor from a buffer that starts at an odd address', () => {
    const bytes = encodeSafetensors(new Map([['x', { type: 'F32', shape: [], data: Float32Array.of(0.5) }]]));
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeSafetensors(shifted.subarray(1)).tensors.get('x')?.data).toEqual(Float32Array.of(0.5));
  });

  it('does not write a tensor whose numbers do not fill its shape', () => {
    const tensor: StoredTensor = { type: 'F32', shape: [3], data: Float32Array.of(1) };
    expect(() => encodeSafetensors(new Map([['x', tensor]]))).toThrow(refusal('wants 3'));
  });

  it('lets a single tensor be read with its header alone', () => {
    const bytes = encodeSafetensors(
      new Map<string, StoredTensor>([
        ['x', { type: 'I32', shape: [1], data: Int32Array.of(5) }],
        ['y', { type: 'I32', shape: [2], data: Int32Array.of(6, 7) }],
      ]),
    );
    const start = 8 + readHeaderLength(bytes);
    const entry = parseHeader(bytes.subarray(8, start)).entries.get('y');
    expect(entry).toBeDefined();
    if (entry === undefined) return;
    expect(toTensor(entry, bytes.subarray(start + entry.begin, start + entry.end)).data).toEqual(Int32Array.of(6, 7));
  });

  it('refuses a file cut short anywhere, or with bytes left over', () => {
    const whole = encodeSafetensors(new Map([['x', { type: 'F32', shape: [4], data: new Float32Array(4) }]]), {
      a: 'b',
    });
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => decodeSafetensors(whole.subarray(0, length))).toThrow(refusal('no usable safetensors file'));
    }
    expect(() => decodeSafetensors(Buffer.concat([whole, Uint8Array.of(0)]))).toThrow(refusal('promises'));
  });

  it.each([
    ['no JSON', '{', 'no JSON'],
    ['a list', '[]', 'no JSON object'],
    ['an unknown type', '{"a":{"dtype":"F31","shape":[],"data_offsets":[0,4]}}', 'unknown type F31'],
    [
      'a type that is a property of every object',
      '{"a":{"dtype":"constructor","shape":[],"data_offsets":[0,4]}}',
      'unknown type',
    ],
    ['a negative size', '{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,4]}}', 'shape'],
    ['a shape that does not fit', '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,4]}}', 'its shape wants 3'],
    ['a gap before the first tensor', '{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}', 'does not start'],
    [
      'overlapping tensors',
      '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
      'does not start',
    ],
    ['an absurd shape', '{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]}}', 'absurdly large'],
    ['metadata that is no text', '{"__metadata__":{"a":1}}', 'metadata a'],
  ])('refuses a header with %s', (_, header, reason) => {
    expect(() => decodeSafetensors(file(header, [1, 2, 3, 4]))).toThrow(refusal(reason));
  });

  it('refuses a header that claims to be longer than any memory', () => {
    expect(() => decodeSafetensors(Buffer.alloc(16, 0xff))).toThrow(refusal('absurd length'));
  });
});
