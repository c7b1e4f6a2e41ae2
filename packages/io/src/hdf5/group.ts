import type { FileBytes } from './cursor.js';
import { MESSAGE, readMessages } from './object-header.js';
import { GROUP_TREE, leavesOf } from './tree.js';

/** Bytes of one entry in a group's symbol table. */
const ENTRY = 40;
/** Cache type of an entry that is a soft link. */
const SOFT_LINK = 2;
/** Longer than any name that is written here. */
const MAX_NAME = 4096;

/** The addresses of what a group holds, by name; undefined when the object is not a group. */
export function membersOf(file: FileBytes, address: number): Map<string, number> | undefined {
  const table = readMessages(file, address).get(MESSAGE.symbolTable);
  if (!table) return undefined;
  const [tree, heap] = [table.address(), table.address()];
  if (tree === undefined) return file.refuse('a group has no tree');
  const names = heapData(file, heap);
  const members = new Map<string, number>();
  for (const leaf of leavesOf(file, tree, GROUP_TREE, 8)) {
    const node = file.at(leaf.address).expect('SNOD');
    if (node.u8() !== 1) return file.refuse('a symbol table is of an unknown version');
    const count = node.skip(1).u16();
    const entries = file.at(leaf.address + 8, count * ENTRY);
    for (let i = 0; i < count; i++) {
      const name = nameAt(file, names, entries.length());
      const object = entries.address();
      if (entries.u32() === SOFT_LINK || object === undefined) {
        return file.refuse(`"${name}" is a soft link, which is not read`);
      }
      entries.skip(20);
      if (members.has(name)) return file.refuse(`"${name}" comes twice in a group`);
      members.set(name, object);
    }
  }
  return members;
}

/** The names of a group lie in a heap of their own. */
function heapData(file: FileBytes, address: number | undefined): Uint8Array {
  const heap = file.at(address, 32).expect('HEAP').skip(4);
  const size = heap.length();
  return file.at(heap.skip(8).address(), size).bytes;
}

function nameAt(file: FileBytes, names: Uint8Array, start: number): string {
  const end = names.subarray(0, start + MAX_NAME).indexOf(0, start);
  if (start >= names.length || end <= start) return file.refuse('a name in it is damaged');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(names.subarray(start, end));
  } catch {
    return file.refuse('a name in it is not UTF-8');
  }
}
