import { EkphrasisError, ErrorCode } from '../errors.js';

/**
 * The safetensors format (https://github.com/huggingface/safetensors): eight bytes with the header's length (u64,
 * little endian), a JSON header that names each tensor's type, shape and place, then the tensors' bytes, row-major and
 * little endian, without gaps. No code is ever run by reading one, which is why checkpoints are kept in it.
 */
const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  /** The 16 bits of each half-precision number. */
  F16: Uint16Array,
  /** The 16 bits of each bfloat16 number. */
  BF16: Uint16Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  /** One byte each, 0 or 1. */
  BOOL: Uint8Array,
} as const;

export type TensorType = keyof typeof ARRAYS;

/** A tensor as the file holds it: `data` has as many elements as the product of `shape`. */
export type StoredTensor = { readonly shape: readonly number[] } & (
  | { readonly type: 'F64'; readonly data: Float64Array }
  | { readonly type: 'F32'; readonly data: Float32Array }
  | { readonly type: 'F16' | 'BF16' | 'U16'; readonly data: Uint16Array }
  | { readonly type: 'I64'; readonly data: BigInt64Array }
  | { readonly type: 'U64'; readonly data: BigUint64Array }
  | { readonly type: 'I32'; readonly data: Int32Array }
  | { readonly type: 'U32'; readonly data: Uint32Array }
  | { readonly type: 'I16'; readonly data: Int16Array }
  | { readonly type: 'I8'; readonly data: Int8Array }
  | { readonly type: 'U8' | 'BOOL'; readonly data: Uint8Array }
);

/** A whole file: its tensors in the order of their bytes, and free text by key. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where one tensor lies: `begin` and `end` count bytes from the first byte after the header. */
export interface TensorEntry {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the header says, checked by itself; `dataLength` is how many bytes of tensors must follow it. */
export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly dataLength: number;
}

const LENGTH_BYTES = 8;
/** The reference implementation's own limit; more would only be an attack on memory. */
const MAXIMUM_HEADER_BYTES = 100_000_000;
/** Headers are padded to this so that every tensor of 8-byte numbers starts where a typed array may start. */
const ALIGNMENT = 8;

function invalid(reason: string, cause?: unknown): EkphrasisError {
  return new EkphrasisError(ErrorCode.InvalidCheckpoint, `This is no usable safetensors file: ${reason}.`, { cause });
}

/**
 * Writes a safetensors file.
 *
 * @param tensors by name; bytes follow in this order, tensors of wide numbers first so that all stay aligned
 * @param metadata free text kept in the header under `__metadata__`
 * @throws EkphrasisError INVALID_CHECKPOINT when a tensor's data does not fit its shape
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  // Pairs, and fromEntries below: a tensor may be called `__proto__`, which plain assignment would swallow.
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(['__metadata__', metadata]);
  let offset = 0;
  for (const [name, tensor] of ordered) {
    if (name === '__metadata__') throw invalid('a tensor cannot be called __metadata__');
    const elements = elementCount(name, tensor.shape);
    if (elements !== tensor.data.length) {
      throw invalid(
        `tensor ${name} has ${tensor.data.length} numbers, its shape [${tensor.shape.join(', ')}] wants ${elements}`,
      );
    }
    const end = offset + tensor.data.byteLength;
    header.push([name, { dtype: tensor.type, shape: tensor.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const headerLength = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const file = Buffer.alloc(LENGTH_BYTES + headerLength + offset, ' ');
  file.writeBigUInt64LE(BigInt(headerLength), 0);
  json.copy(file, LENGTH_BYTES);
  let position = LENGTH_BYTES + headerLength;
  for (const [, { data }] of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file. The tensors are copies: the file's bytes may be reused afterwards.
 *
 * @throws EkphrasisError INVALID_CHECKPOINT for anything that is not exactly the format: cut short, bytes left over,
 * overlapping or missing ranges, shapes that do not fit, unknown types
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const headerLength = readHeaderLength(bytes);
  const start = LENGTH_BYTES + headerLength;
  if (start > bytes.length) throw invalid('it ends within its header');
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, start));
  const available = bytes.length - start;
  if (available !== header.dataLength) {
    throw invalid(`its header promises ${header.dataLength} bytes of tensors, ${available} follow`);
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of header.entries) {
    tensors.set(name, toTensor(entry, bytes.subarray(start + entry.begin, start + entry.end)));
  }
  return { tensors, metadata: header.metadata };
}

/**
 * The length in bytes of the JSON header, from the file's first eight bytes.
 *
 * @throws EkphrasisError INVALID_CHECKPOINT when there are fewer bytes or the length is absurd
 */
export function readHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) throw invalid('it is shorter than eight bytes');
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAXIMUM_HEADER_BYTES)) throw invalid('its header claims an absurd length');
  return Number(length);
}

/**
 * Reads and checks the JSON header alone, so that single tensors can be fetched out of a large remote file.
 *
 * @param json the bytes between the eight of the length and the first tensor
 * @throws EkphrasisError INVALID_CHECKPOINT
 */
export function parseHeader(json: Uint8Array): SafetensorsHeader {
  const object = parseObject(json);
  const metadata = parseMetadata(object['__metadata__']);
  const entries = Object.entries(object)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]): [string, TensorEntry] => [name, parseEntry(name, value)])
    .sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const [name, entry] of entries) {
    if (entry.begin !== position) throw invalid(`tensor ${name} does not start where the one before it ends`);
    position = entry.end;
  }
  return { entries: new Map(entries), metadata, dataLength: position };
}

/** A tensor out of its own bytes, which must be as many as its entry says and are copied. */
export function toTensor(entry: TensorEntry, bytes: Uint8Array): StoredTensor {
  const { type, shape } = entry;
  if (bytes.length !== entry.end - entry.begin) throw invalid('a tensor was cut short');
  const own = new Uint8Array(bytes).buffer;
  switch (type) {
    case 'F64':
      return { type, shape, data: new Float64Array(own) };
    case 'F32':
      return { type, shape, data: new Float32Array(own) };
    case 'F16':
    case 'BF16':
    case 'U16':
      return { type, shape, data: new Uint16Array(own) };
    case 'I64':
      return { type, shape, data: new BigInt64Array(own) };
    case 'U64':
      return { type, shape, data: new BigUint64Array(own) };
    case 'I32':
      return { type, shape, data: new Int32Array(own) };
    case 'U32':
      return { type, shape, data: new Uint32Array(own) };
    case 'I16':
      return { type, shape, data: new Int16Array(own) };
    case 'I8':
      return { type, shape, data: new Int8Array(own) };
    case 'U8':
    case 'BOOL':
      return { type, shape, data: new Uint8Array(own) };
  }
}

function parseObject(json: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
    if (isObject(value)) return value;
  } catch (cause) {
    throw invalid('its header is no JSON', cause);
  }
  throw invalid('its header is no JSON object');
}

function parseMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value)) throw invalid('its __metadata__ is no object');
  const pairs = Object.entries(value).map(([key, text]): [string, string] => {
    if (typeof text !== 'string') throw invalid(`its metadata ${key} is no text`);
    return [key, text];
  });
  return Object.fromEntries(pairs);
}

function parseEntry(name: string, value: unknown): TensorEntry {
  if (!isObject(value)) throw invalid(`the entry of tensor ${name} is no object`);
  const type = value['dtype'];
  const shape = value['shape'];
  const offsets = value['data_offsets'];
  if (!isTensorType(type)) throw invalid(`tensor ${name} has the unknown type ${String(type)}`);
  if (!isCountArray(shape)) throw invalid(`tensor ${name} has no usable shape`);
  const [begin, end, ...rest] = isCountArray(offsets) ? offsets : [];
  if (begin === undefined || end === undefined || rest.length > 0 || end < begin) {
    throw invalid(`tensor ${name} has no usable data_offsets`);
  }
  const wanted = elementCount(name, shape) * ARRAYS[type].BYTES_PER_ELEMENT;
  if (end - begin !== wanted) throw invalid(`tensor ${name} takes ${end - begin} bytes, its shape wants ${wanted}`);
  return { type, shape, begin, end };
}

function elementCount(name: string, shape: readonly number[]): number {
  if (!isCountArray(shape)) throw invalid(`tensor ${name} has no usable shape`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count * 8)) throw invalid(`tensor ${name} is absurdly large`);
  return count;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTensorType(value: unknown): value is TensorType {
  return typeof value === 'string' && Object.hasOwn(ARRAYS, value);
}

function isCountArray(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item: unknown) => Number.isSafeInteger(item) && Number(item) >= 0);
}
