import type { Cursor, FileBytes } from '../files/cursor.js';
import { linksOf } from './links.js';
import { MESSAGE, readMessages } from './object-header.js';
import { GROUP_TREE, leavesOf } from './tree.js';

/** Bytes of one entry in a group's symbol table. */
const ENTRY = 40;
/** Cache type of an entry that is a soft link. */
const SOFT_LINK = 2;
/** More bytes than a name has that is written here. */
export const MAX_NAME = 2 ** 16;

/** The addresses of what a group holds, by name; undefined when the object is not a group. */
export function membersOf(file: FileBytes, address: number): Map<string, number> | undefined {
  const messages = readMessages(file, address);
  const [table] = messages.get(MESSAGE.symbolTable) ?? [];
  if (!table && !messages.has(MESSAGE.linkInfo)) return undefined;
  const members = new Map<string, number>();
  for (const [bytes, member] of table ? symbolsOf(file, table) : linksOf(file, messages)) {
    const name = textOf(file, bytes);
    if (members.has(name)) return file.refuse(`"${name}" comes twice in a group`);
    members.set(name, member);
  }
  return members;
}

/** The names and addresses in a symbol table. */
function* symbolsOf(file: FileBytes, table: Cursor): Iterable<readonly [Uint8Array, number]> {
  const [tree, heap] = [table.address(), table.address()];
  if (tree === undefined) return file.refuse('a group has no tree');
  const names = heapData(file, heap);
  for (const leaf of leavesOf(file, tree, GROUP_TREE, 8)) {
    const node = file.at(leaf.address).expect('SNOD');
    if (node.u8() !== 1) return file.refuse('a symbol table is of an unknown version');
    const count = node.skip(1).u16();
    const entries = file.at(leaf.address + 8, count * ENTRY);
    for (let i = 0; i < count; i++) {
      const name = nameAt(file, names, entries.length());
      const object = entries.address();
      if (entries.u32() === SOFT_LINK || object === undefined) {
        return file.refuse(`"${textOf(file, name)}" is a soft link, which is not read`);
      }
      entries.skip(20);
      yield [name, object];
    }
  }
}

/** The names of a symbol table lie in a heap of their own. */
function heapData(file: FileBytes, address: number | undefined): Uint8Array {
  const heap = file.at(address, 32).expect('HEAP').skip(4);
  const size = heap.length();
  return file.at(heap.skip(8).address(), size).bytes;
}

function nameAt(file: FileBytes, names: Uint8Array, start: number): Uint8Array {
  const end = names.subarray(0, start + MAX_NAME).indexOf(0, start);
  return start >= names.length || end < start ? file.refuse('a name in it is damaged') : names.subarray(start, end);
}

function textOf(file: FileBytes, name: Uint8Array): string {
  if (name.length === 0) return file.refuse('a name in it is damaged');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    return file.refuse('a name in it is not UTF-8');
  }
}
