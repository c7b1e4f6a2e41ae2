import { DataError, ValueError } from '@tessera-nn/core';
import { plainBytes, shapeText } from '@tessera-nn/core/internal';
import { bytesOf, decode, encode, numberTypes, type NumberType } from '../tensors/number-types.js';
import {
  checkedPairs,
  checkedTensor,
  elementsOf,
  type StoredTensor,
  type TensorSource,
} from '../tensors/stored-tensor.js';
import { parseHeader, type HeaderEntry } from './header.js';

/** What a safetensors file holds. */
export interface Safetensors {
  /** By name, in the order of the header. */
  readonly tensors: Map<string, StoredTensor>;
  /** The free texts of the header. */
  readonly metadata: Map<string, string>;
}

/** The format's names of number types. */
const formatNames: Record<NumberType, string> = {
  ...{ bool: 'BOOL', uint8: 'U8', int8: 'I8', int16: 'I16', uint16: 'U16', float16: 'F16', bfloat16: 'BF16' },
  ...{ int32: 'I32', uint32: 'U32', float32: 'F32', float64: 'F64', int64: 'I64', uint64: 'U64' },
};
const typeOfName = new Map(numberTypes.map((dtype) => [formatNames[dtype], dtype]));

/** Bytes before the header: its length as a 64-bit number. */
const PREFIX = 8;
/** The limit of the reference implementation. */
const MAX_HEADER = 100_000_000;
/** What the header is padded to, so that the data behind it is aligned for every number type. */
const ALIGNMENT = 8;

/**
 * Reads a safetensors file. Every byte of it must be accounted for: the header is checked against the format, tensors lie
 * one behind the other and fill the file. Values share the memory of `bytes` where it is aligned.
 *
 * Source: the format of huggingface/safetensors.
 *
 * @param source what errors call the file.
 * @throws DataError when it is not a safetensors file, is cut off or damaged, or holds a number type that is not known.
 */
export function readSafetensors(file: Uint8Array, source = 'The safetensors file'): Safetensors {
  const bytes = plainBytes(file, 'readSafetensors');
  const refuse = (problem: string): never => {
    throw new DataError(`${source} is not a sound safetensors file: ${problem}`, {
      path: source,
      received: `${bytes.length} bytes`,
      hint: 'It was cut off or damaged, or is of another format: get it again',
    });
  };
  const dataStart = PREFIX + headerLength(bytes, refuse);
  const { entries, metadata } = parseHeader(headerText(bytes.subarray(PREFIX, dataStart), refuse), refuse);
  const data = bytes.subarray(dataStart);
  const dtypes = entries.map((entry) => typeOf(entry, refuse));
  checkRanges(entries, data.length, refuse);
  const tensors = entries.map(({ name, shape, begin, end }, i): [string, StoredTensor] => {
    const dtype = dtypes[i]!;
    return [name, { dtype, shape, values: decode(data.subarray(begin, end), dtype) }];
  });
  return { tensors: new Map(tensors), metadata };
}

/**
 * Writes a safetensors file: the same tensors and texts give the same bytes, in whatever order they come. Tensors lie
 * sorted as the reference implementation sorts them, larger number types first, then by name.
 *
 * @throws ShapeError or DtypeError for values that do not fit their shape or type, ValueError for a name that cannot be
 *   written.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, TensorSource]>,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array {
  const texts = sorted(metadata, (a, b) => byName(a[0], b[0]));
  const entries = sorted(tensors, () => 0).map(([name, tensor]) => [name, checkedTensor(name, tensor)] as const);
  const rank = ({ dtype }: StoredTensor) => numberTypes.indexOf(dtype);
  entries.sort(([a, one], [b, other]) => rank(other) - rank(one) || byName(a, b));

  const members = texts.length ? [`"__metadata__":{${texts.map((pair) => pair.map(quoted).join(':')).join()}}`] : [];
  let end = 0;
  for (const [name, { dtype, shape, values }] of entries) {
    const begin = end;
    end += values.length * bytesOf(dtype);
    members.push(
      `${quoted(name)}:{"dtype":"${formatNames[dtype]}","shape":[${shape.join()}],"data_offsets":[${begin},${end}]}`,
    );
  }
  const header = new TextEncoder().encode(`{${members.join()}}`);
  const padded = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(PREFIX + padded + end).fill(0x20, PREFIX, PREFIX + padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(header, PREFIX);
  let at = PREFIX + padded;
  for (const [, { dtype, values }] of entries) {
    const encoded = encode(values, dtype);
    file.set(encoded, at);
    at += encoded.length;
  }
  return file;
}

const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function sorted<T extends readonly [string, unknown]>(pairs: Iterable<T>, compare: (a: T, b: T) => number): T[] {
  const list = [...checkedPairs(pairs, 'writeSafetensors')].sort(compare);
  const names = new Set<string>();
  for (const [name] of list) {
    if (names.has(name)) throw new ValueError(`A safetensors file cannot hold "${name}" twice`, { path: name });
    names.add(name);
  }
  return list;
}

function quoted(text: string): string {
  if (text === '__metadata__' || /\p{Surrogate}/u.test(text)) {
    throw new ValueError(`A safetensors file cannot hold the text ${JSON.stringify(text)}`, {
      expected: 'whole characters, and another name than "__metadata__"',
    });
  }
  return JSON.stringify(text);
}

function headerLength(bytes: Uint8Array, refuse: (problem: string) => never): number {
  if (bytes.length < PREFIX) return refuse('it is shorter than the length of its header');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER)) return refuse(`its header would have ${length} bytes, more than ${MAX_HEADER}`);
  if (length > BigInt(bytes.length - PREFIX))
    return refuse(`its header would have ${length} bytes, more than the file`);
  return Number(length);
}

function headerText(bytes: Uint8Array, refuse: (problem: string) => never): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('its header is not UTF-8');
  }
}

function typeOf({ name, dtype, shape, begin, end }: HeaderEntry, refuse: (problem: string) => never): NumberType {
  const type = typeOfName.get(dtype);
  if (!type) return refuse(`"${name}" has the number type ${dtype}; known are ${[...typeOfName.keys()].join(', ')}`);
  const count = elementsOf(shape);
  if (count === undefined || !Number.isSafeInteger(count * bytesOf(type))) {
    return refuse(`"${name}" ${shapeText(shape)} has too many elements`);
  }
  if (end - begin !== count * bytesOf(type)) {
    return refuse(`"${name}" ${dtype} ${shapeText(shape)} needs ${count * bytesOf(type)} bytes and has ${end - begin}`);
  }
  return type;
}

/** Tensors must fill the data without a gap or an overlap: what no tensor covers could hide anything. */
function checkRanges(entries: readonly HeaderEntry[], size: number, refuse: (problem: string) => never): void {
  const inOrder = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of inOrder) {
    if (entry.begin !== end)
      return refuse(`"${entry.name}" begins at byte ${entry.begin} of the data, expected ${end}`);
    end = entry.end;
  }
  if (end !== size) refuse(`its tensors have ${end} bytes of data, the file has ${size}`);
}
