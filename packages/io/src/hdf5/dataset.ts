import { shapeText } from '@tessera-nn/core/internal';
import { decode } from '../tensors/number-types.js';
import { elementsOf, type StoredTensor } from '../tensors/stored-tensor.js';
import { readChunks, readFilters } from './chunks.js';
import { Cursor, type FileBytes } from '../files/cursor.js';
import { readElementType, type ElementType } from './datatype.js';
import { followReference } from './global-heap.js';
import { MESSAGE, readMessages } from './object-header.js';

const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;
/** As many as HDF5 allows. */
const MAX_AXES = 32;

/** A dataset whose values have not been read. */
export interface Dataset {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** The values, when they are numbers. Unpacks no more than the shape needs. */
  tensor(): Promise<StoredTensor>;
  /** The only value, when it is a text. */
  text(): Promise<string>;
}

/** Describes the dataset at an address. */
export function readDataset(file: FileBytes, address: number): Dataset {
  const messages = readMessages(file, address);
  const message = (kind: number) => messages.get(kind)?.[0] ?? file.refuse('an object in it is not a dataset');
  const shape = readShape(message(MESSAGE.dataspace));
  const type = readElementType(message(MESSAGE.datatype));
  const size = (elementsOf(shape) ?? Infinity) * type.size;
  if (!Number.isSafeInteger(size)) return file.refuse(`${shapeText(shape)} has too many elements`);
  const filters = readFilters(messages.get(MESSAGE.filters)?.[0], file);
  const layout = message(MESSAGE.layout);

  const values = () => readValues(file, layout, { shape, elementSize: type.size, size, filters });
  return {
    type,
    shape,
    async tensor() {
      if (type.kind !== 'numbers') return file.refuse('a text lies where numbers should be');
      const bytes = await values();
      if (type.bigEndian && type.size > 1) reverseElements(bytes, type.size);
      return { dtype: type.dtype, shape, values: decode(bytes, type.dtype) };
    },
    async text() {
      if (type.kind === 'numbers' || elementsOf(shape) !== 1) return file.refuse('no text lies where one should be');
      const bytes = await values();
      const text = type.kind === 'text' ? bytes : followReference(file, new Cursor(bytes, file.refuse));
      const end = text.indexOf(0);
      return new TextDecoder().decode(end < 0 ? text : text.subarray(0, end));
    },
  };
}

function readShape(message: Cursor): number[] {
  const version = message.u8();
  const rank = message.u8();
  message.skip(1);
  if ((version !== 1 && version !== 2) || rank > MAX_AXES) return message.refuse('a shape in it is damaged');
  if (version === 1) message.skip(5);
  else if (message.u8() === 2) return message.refuse('a dataset without values is not read');
  return Array.from({ length: rank }, () => message.length());
}

/** A copy of the values' bytes, so that the file can go. */
async function readValues(
  file: FileBytes,
  layout: Cursor,
  about: { shape: readonly number[]; elementSize: number; size: number; filters: readonly number[] },
): Promise<Uint8Array> {
  const { size, filters } = about;
  const message = layout.restart();
  if (message.u8() !== 3)
    return file.refuse("a layout newer than version 3 is not read; in h5py use libver='earliest'");
  const kind = message.u8();
  if (kind === CHUNKED) return readChunks(file, message, about);
  if (filters.length > 0) return file.refuse('a filter works on values that lie in one piece');
  if (kind === COMPACT) {
    if (message.u16() !== size) return file.refuse('a dataset has another size than its shape needs');
    return message.take(size).slice();
  }
  if (kind !== CONTIGUOUS) return file.refuse(`layout ${kind} is not read`);
  const address = message.address();
  if (message.length() !== size) return file.refuse('a dataset has another size than its shape needs');
  return size === 0 ? new Uint8Array(0) : file.at(address, size).bytes.slice();
}

function reverseElements(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
