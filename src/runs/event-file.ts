/**
 * TensorBoard's event files: records of a length (uint64), its masked CRC-32C, a message `Event` of Protocol Buffers and
 * the CRC of that; all numbers little-endian (tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto).
 */
import { maskedCrc32c } from './crc32c.js';

export interface RunEvent {
  /** Seconds since 1970. */
  readonly time: number;
  /** What the horizontal axis counts. */
  readonly step: number;
  /** By their tags; TensorBoard keeps them in single precision. */
  readonly scalars: ReadonlyMap<string, number>;
  readonly texts: ReadonlyMap<string, string>;
}

/** The bytes of a file with these events. @param start seconds since 1970 */
export function encodeEvents(start: number, events: readonly RunEvent[]): Uint8Array {
  const version = Buffer.concat([doubleField(1, start), bytesField(3, Buffer.from('brain.Event:2'))]);
  return Buffer.concat([version, ...events.map(encodeEvent)].map(record));
}

function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return Buffer.concat([length, checksum(length), data, checksum(data)]);
}

function checksum(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(maskedCrc32c(bytes));
  return crc;
}

/** `Event`: wall_time = 1, step = 2, summary = 5, which repeats `Summary.Value` = 1. */
function encodeEvent({ time, step, scalars, texts }: RunEvent): Buffer {
  const values = [
    ...[...scalars].map(([tag, value]) => Buffer.concat([bytesField(1, Buffer.from(tag)), floatField(2, value)])),
    ...[...texts].map(([tag, value]) => Buffer.concat([bytesField(1, Buffer.from(tag)), textFields(value)])),
  ];
  const summary = Buffer.concat(values.map((value) => bytesField(1, value)));
  return Buffer.concat([doubleField(1, time), tag(2, 0), varint(step), bytesField(5, summary)]);
}

/** DT_STRING of `DataType`. */
const STRINGS = 7;

/**
 * `tensor` = 8: a `TensorProto` with dtype = 1, no dimensions, string_val = 8; `metadata` = 9, whose plugin_data = 1 has
 * plugin_name = 1.
 */
function textFields(text: string): Buffer {
  const tensor = Buffer.concat([
    tag(1, 0),
    varint(STRINGS),
    bytesField(2, Buffer.alloc(0)),
    bytesField(8, Buffer.from(text)),
  ]);
  const metadata = bytesField(1, bytesField(1, Buffer.from('text')));
  return Buffer.concat([bytesField(8, tensor), bytesField(9, metadata)]);
}

/** @param wire 0 for a varint, 1 for 8 bytes, 2 for a length and bytes, 5 for 4 bytes */
function tag(field: number, wire: number): Buffer {
  return varint(field * 8 + wire);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(field, 2), varint(bytes.length), bytes]);
}

function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(field, 1), bytes]);
}

function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([tag(field, 5), bytes]);
}
