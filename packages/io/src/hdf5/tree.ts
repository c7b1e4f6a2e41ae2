import type { Cursor, FileBytes } from '../files/cursor.js';

/** Kinds of B-trees of version 1. */
export const GROUP_TREE = 0;
export const CHUNK_TREE = 1;

/** Bytes of a node before its keys. */
const PREFIX = 24;

/** One entry of a leaf: the key in front of it, and where it lies. */
export interface Leaf {
  readonly key: Cursor;
  readonly address: number;
}

/**
 * The leaves of a B-tree of version 1, in order. Every level must lie one below the one before, and no node may come twice:
 * so a damaged tree ends.
 */
export function* leavesOf(file: FileBytes, root: number, kind: number, keySize: number): Iterable<Leaf> {
  const seen = new Set<number>();
  const waiting: [number, number | undefined][] = [[root, undefined]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [address, expectedLevel] = next;
    if (seen.has(address)) return file.refuse('a tree runs in a circle');
    seen.add(address);
    const prefix = file.at(address, PREFIX).expect('TREE');
    if (prefix.u8() !== kind) return file.refuse('a tree is of another kind than it should be');
    const level = prefix.u8();
    if (expectedLevel !== undefined && level !== expectedLevel) return file.refuse('a tree skips a level');
    const entries = prefix.u16();
    const body = file.at(address + PREFIX, entries * (keySize + 8));
    const below: Leaf[] = [];
    for (let i = 0; i < entries; i++) {
      const key = file.at(address + PREFIX + i * (keySize + 8), keySize);
      const child = body.skip(keySize).address();
      if (child === undefined) return file.refuse('a tree leads nowhere');
      below.push({ key, address: child });
    }
    if (level === 0) yield* below;
    else waiting.push(...below.reverse().map((leaf): [number, number] => [leaf.address, level - 1]));
  }
}
