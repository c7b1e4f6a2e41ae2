// The files that TensorBoard reads: records of events, each a message of protocol buffers between checksums. Only what
// numbers over time need is here. Source: tensorflow/core/lib/io/record_writer.h, event.proto and summary.proto.
import { crc32c } from '@tessera-nn/io/internal';

/** A number at a step of something. */
export interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
}

const VERSION = 'brain.Event:2';
/** Numbers of fields. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;
/** How a field lies in a message. */
const WIRE = { varint: 0, eightBytes: 1, lengthAndBytes: 2, fourBytes: 5 } as const;
/** The bit of a varint's byte that says that another follows; bits of a field's key that say how it lies. */
const [MORE, WIRE_BITS] = [0x80, 3];
/** Checksums in records are turned by 15 bits and moved on, as the bytes that they are of may hold checksums themselves. */
const [TURN, WORD, MOVE] = [15, 32, 0xa282ead8];

/** The bytes of a file with these numbers. @param wallTime in seconds, of all. */
export function eventFile(scalars: Iterable<Scalar>, wallTime: number): Uint8Array {
  const time = field(EVENT.wallTime, WIRE.eightBytes, float64(wallTime));
  const parts = record([...time, ...text(EVENT.fileVersion, VERSION)]);
  for (const { tag, step, value } of scalars) {
    const entry = [...text(VALUE.tag, tag), ...field(VALUE.simpleValue, WIRE.fourBytes, float32(value))];
    const summary = message(EVENT.summary, message(SUMMARY.value, entry));
    parts.push(...record([...time, ...field(EVENT.step, WIRE.varint, varint(step)), ...summary]));
  }
  return joined(parts);
}

function record(bytes: readonly number[]): Uint8Array[] {
  const data = Uint8Array.from(bytes);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, data.length, true);
  return [length, masked(length), data, masked(data)];
}

function masked(bytes: Uint8Array): Uint8Array {
  const crc = crc32c(bytes);
  const mask = new Uint8Array(4);
  new DataView(mask.buffer).setUint32(0, ((crc >>> TURN) | (crc << (WORD - TURN))) + MOVE, true);
  return mask;
}

const field = (number: number, wire: number, bytes: Iterable<number>) => [
  ...varint((number << WIRE_BITS) | wire),
  ...bytes,
];
const message = (number: number, bytes: readonly number[]) =>
  field(number, WIRE.lengthAndBytes, [...varint(bytes.length), ...bytes]);
const text = (number: number, value: string) => message(number, [...new TextEncoder().encode(value)]);

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / MORE)) {
    const isLast = rest < MORE;
    bytes.push((rest % MORE) | (isLast ? 0 : MORE));
    if (isLast) return bytes;
  }
}

function float64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

function float32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
