import { inflate } from '../zip/inflate.js';
import type { Cursor, FileBytes } from '../files/cursor.js';
import { CHUNK_TREE, leavesOf } from './tree.js';

/** The filters that are read, by number. */
const DEFLATE = 1;
const SHUFFLE = 2;

/** The numbers of the filters that the values went through. @throws for one that is not known. */
export function readFilters(message: Cursor | undefined, file: FileBytes): number[] {
  if (!message) return [];
  const version = message.u8();
  const count = message.u8();
  if (version !== 1 && version !== 2) return file.refuse('a list of filters is of an unknown version');
  if (version === 1) message.skip(6);
  return Array.from({ length: count }, () => {
    const id = message.u16();
    if (id !== DEFLATE && id !== SHUFFLE) {
      return file.refuse(`its values went through filter ${id}; known are gzip (${DEFLATE}) and shuffle (${SHUFFLE})`);
    }
    const nameLength = version === 1 ? message.u16() : 0;
    message.skip(2);
    const parameters = message.u16();
    message.skip(version === 1 ? Math.ceil(nameLength / 8) * 8 : 0).skip(parameters * 4);
    if (version === 1) message.skip((parameters % 2) * 4);
    return id;
  });
}

/** Puts the chunks of a dataset together. Every one must be there, once, and no larger than the dataset. */
export async function readChunks(
  file: FileBytes,
  message: Cursor,
  about: { shape: readonly number[]; elementSize: number; size: number; filters: readonly number[] },
): Promise<Uint8Array> {
  const { shape, elementSize, size, filters } = about;
  const rank = shape.length;
  if (rank === 0) return file.refuse('a single value does not lie in chunks');
  if (message.u8() !== rank + 1) return file.refuse('chunks have another rank than their dataset');
  const root = message.address();
  const chunk = shape.map(() => message.u32());
  if (message.u32() !== elementSize) return file.refuse('chunks have other elements than their dataset');
  // A chunk larger than the dataset could be of any size.
  if (chunk.some((length, axis) => length < 1 || length > Math.max(1, shape[axis]!))) {
    return file.refuse('chunks do not fit their dataset');
  }
  const result = new Uint8Array(size);
  if (size === 0) return result;
  if (root === undefined) return file.refuse('a dataset was never filled');
  const chunkBytes = chunk.reduce((product, length) => product * length, elementSize);
  const seen = new Set<string>();
  for (const { key, address } of leavesOf(file, root, CHUNK_TREE, 8 + 8 * (rank + 1))) {
    const stored = key.u32();
    const skipped = key.u32();
    const start = shape.map(() => key.length());
    if (start.some((at, axis) => at % chunk[axis]! !== 0 || at >= shape[axis]!))
      return file.refuse('a chunk lies outside');
    if (seen.has(start.join())) return file.refuse('a chunk comes twice');
    seen.add(start.join());
    const bytes = await unfilter(file, file.at(address, stored).bytes, { filters, skipped, chunkBytes, elementSize });
    place(bytes, { start, chunk, shape, elementSize }, result);
  }
  const expected = shape.reduce((product, length, axis) => product * Math.ceil(length / chunk[axis]!), 1);
  return seen.size === expected ? result : file.refuse(`${expected - seen.size} chunks are missing`);
}

async function unfilter(
  file: FileBytes,
  stored: Uint8Array,
  about: { filters: readonly number[]; skipped: number; chunkBytes: number; elementSize: number },
): Promise<Uint8Array> {
  const { filters, skipped, chunkBytes, elementSize } = about;
  let bytes = stored;
  for (let i = filters.length - 1; i >= 0; i--) {
    if (skipped & (1 << i)) continue;
    bytes =
      filters[i] === DEFLATE ? await inflate(bytes, chunkBytes, 'deflate', file.refuse) : unshuffle(bytes, elementSize);
  }
  return bytes.length === chunkBytes ? bytes : file.refuse('a chunk has another size than it should');
}

/** Undoes the gathering of first bytes, second bytes and so on. */
function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  const count = Math.floor(bytes.length / size);
  for (let byte = 0, from = 0; byte < size; byte++) {
    for (let i = 0; i < count; i++) result[i * size + byte] = bytes[from++]!;
  }
  return result;
}

/** Copies a chunk to where it belongs; what hangs over the edge of the dataset is left out. */
function place(
  bytes: Uint8Array,
  about: { start: readonly number[]; chunk: readonly number[]; shape: readonly number[]; elementSize: number },
  result: Uint8Array,
): void {
  const { start, chunk, shape, elementSize } = about;
  const last = shape.length - 1;
  const row = Math.min(chunk[last]!, shape[last]! - start[last]!) * elementSize;
  const index = start.map(() => 0);
  for (let from = 0; from < bytes.length; from += chunk[last]! * elementSize) {
    if (index.every((i, axis) => axis === last || start[axis]! + i < shape[axis]!)) {
      const to = shape.reduce((at, length, axis) => at * length + start[axis]! + (axis === last ? 0 : index[axis]!), 0);
      result.set(bytes.subarray(from, from + row), to * elementSize);
    }
    for (let axis = last - 1; axis >= 0 && ++index[axis]! >= chunk[axis]!; axis--) index[axis] = 0;
  }
}
