import type { Cursor, FileBytes } from '../files/cursor.js';

/** Type of an identifier that says where in the heap an object lies; bits 4 and 5 of its first byte. */
const MANAGED = 0;
/** Statistics, and what is kept about free space and huge objects, in the middle of the header. */
const STATISTICS = 12 * 8;
/** Each row of blocks doubles them, and offsets have 64 bits. */
const MAX_ROWS = 64;

/** A heap of small objects (HDF5's fractal heap): where groups keep their links when there are many. */
export interface Heap {
  /** The object that an identifier stands for. */
  at(identifier: Cursor): Cursor;
}

/** What a heap says of its blocks: from the second row on, those of a row are twice as large as those of the one before. */
interface Layout {
  readonly width: number;
  readonly smallest: number;
  readonly largest: number;
  /** Bytes of an offset into the heap. */
  readonly offsetSize: number;
}

interface Block {
  readonly address: number;
  /** Where it begins in the heap. */
  readonly start: number;
  readonly size: number;
}

/** Finds the blocks of the heap at an address. */
export function openHeap(file: FileBytes, address: number): Heap {
  const header = file
    .at(address)
    .expect('FRHP')
    .skip(1 + 2);
  if (header.u16() !== 0) return file.refuse('a heap went through a filter');
  const largestObject = header.skip(1).u32();
  const width = header.skip(STATISTICS).u16();
  const [smallest, largest] = [header.length(), header.length()];
  const offsetSize = Math.ceil(header.u16() / 8);
  const root = header.skip(2).address();
  const rows = header.u16();
  if (width === 0 || smallest === 0 || rows > MAX_ROWS) return file.refuse('a heap is damaged');
  const lengthSize = Math.min(Math.ceil(Math.log2(largest) / 8), bytesOf(largestObject));
  const layout = { width, smallest, largest, offsetSize };
  const blocks = root === undefined ? [] : [...blocksOf(file, layout, { address: root, rows, start: 0 }, new Set())];
  return {
    at(identifier) {
      if (((identifier.u8() >> 4) & 3) !== MANAGED) return file.refuse('a link lies outside of its heap');
      const offset = identifier.uint(offsetSize);
      const length = identifier.uint(lengthSize);
      const block = blocks.find(({ start, size }) => offset >= start && offset + length <= start + size);
      return block ? file.at(block.address + offset - block.start, length) : file.refuse('a link is not in its heap');
    },
  };
}

/** The blocks with objects behind one that holds addresses of others, or that one itself where it has no rows of them. */
function* blocksOf(
  file: FileBytes,
  layout: Layout,
  { address, rows, start }: { address: number; rows: number; start: number },
  seen: Set<number>,
): Iterable<Block> {
  const { width, smallest, largest, offsetSize } = layout;
  if (seen.has(address)) return file.refuse('a heap runs in a circle');
  seen.add(address);
  if (rows === 0) {
    file.at(address, smallest).expect('FHDB');
    yield { address, start, size: smallest };
    return;
  }
  const addresses = file
    .at(address)
    .expect('FHIB')
    .skip(1 + 8 + offsetSize);
  for (let row = 0, at = start; row < rows; row++) {
    const size = smallest * 2 ** Math.max(0, row - 1);
    const inner = size > largest ? Math.log2(size / (smallest * width)) + 1 : 0;
    for (let column = 0; column < width; column++, at += size) {
      const child = addresses.address();
      if (child === undefined) continue;
      if (inner > 0) yield* blocksOf(file, layout, { address: child, rows: Math.floor(inner), start: at }, seen);
      else {
        file.at(child, size).expect('FHDB');
        yield { address: child, start: at, size };
      }
    }
  }
}

/** How many bytes a number up to a limit has. */
export const bytesOf = (limit: number): number => Math.floor(Math.log2(Math.max(1, limit)) / 8) + 1;
