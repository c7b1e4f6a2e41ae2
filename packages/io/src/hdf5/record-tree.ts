import { bytesOf } from './fractal-heap.js';
import type { Cursor, FileBytes } from '../files/cursor.js';

/** Signature, version and kind at the beginning of a node, and the checksum at its end. */
const PREFIX = 6;
const OVERHEAD = PREFIX + 4;
/** Deeper than any tree of as many records as there are addresses. */
const MAX_DEPTH = 64;

/** The records of a B-tree of version 2, of one kind. Levels are counted down and no node may come twice, so it ends. */
export function* recordsOf(file: FileBytes, address: number, kind: number): Iterable<Cursor> {
  const header = file.at(address).expect('BTHD').skip(1);
  if (header.u8() !== kind) return file.refuse('a tree is of another kind than it should be');
  const nodeSize = header.u32();
  const recordSize = header.u16();
  const depth = header.u16();
  const root = header.skip(2).address();
  const count = header.u16();
  if (recordSize === 0 || nodeSize <= OVERHEAD || depth > MAX_DEPTH) return file.refuse('a tree is damaged');
  if (root === undefined) return;

  // How many records there can be below a node says in how many bytes the node above counts them.
  const inLeaf = Math.floor((nodeSize - OVERHEAD) / recordSize);
  const countSize = bytesOf(inLeaf);
  const totalSizes = [0, 0];
  for (let level = 1, below = inLeaf; level < depth; level++) {
    const pointer = 8 + countSize + totalSizes[level]!;
    const inNode = Math.floor((nodeSize - OVERHEAD - pointer) / (recordSize + pointer));
    below = (inNode + 1) * below + inNode;
    totalSizes.push(bytesOf(below));
  }
  const seen = new Set<number>();
  function* visit(at: number, level: number, records: number): Iterable<Cursor> {
    if (seen.has(at)) return file.refuse('a tree runs in a circle');
    seen.add(at);
    const node = file
      .at(at, nodeSize)
      .expect(level === 0 ? 'BTLF' : 'BTIN')
      .skip(1);
    if (node.u8() !== kind) return file.refuse('a tree is of another kind than it should be');
    for (let i = 0; i < records; i++) yield node.cursor(recordSize);
    for (let i = 0; level > 0 && i <= records; i++) {
      const child = node.address() ?? file.refuse('a tree leads nowhere');
      const inChild = node.uint(countSize);
      node.skip(totalSizes[level]!);
      yield* visit(child, level - 1, inChild);
    }
  }
  yield* visit(root, depth, count);
}
