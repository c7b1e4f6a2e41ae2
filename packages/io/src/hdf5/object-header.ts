import { Cursor, type FileBytes } from '../files/cursor.js';

/** Kinds of messages that are looked at; the others say nothing about values. */
export const MESSAGE = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  link: 6,
  layout: 8,
  filters: 11,
  continuation: 16,
  symbolTable: 17,
  modificationTime: 18,
} as const;

/** Message flag: it lies elsewhere in the file. */
const SHARED = 2;
/** Bytes before the messages of a header of version 1, padding included. */
const PREFIX = 16;

/** The messages of an object's header (version 1), by kind. */
export function readMessages(file: FileBytes, address: number): Map<number, Cursor[]> {
  const prefix = file.at(address, PREFIX);
  if (prefix.u8() !== 1) {
    return file.refuse(
      "an object's header is newer than version 1; save it for old libraries, in h5py libver='earliest'",
    );
  }
  prefix.skip(1);
  let count = prefix.u16();
  const blocks: [number | undefined, number][] = [[address + PREFIX, prefix.skip(4).u32()]];
  const seen = new Set<number | undefined>();
  const messages = new Map<number, Cursor[]>();
  for (const [start, length] of blocks) {
    if (seen.has(start)) return file.refuse("an object's header runs in a circle");
    seen.add(start);
    const block = file.at(start, length);
    while (block.left >= 8 && count > 0) {
      count--;
      const kind = block.u16();
      const size = block.u16();
      const flags = block.u8();
      const data = new Cursor(block.skip(3).take(size), file.refuse);
      if (flags & SHARED && Object.values<number>(MESSAGE).includes(kind)) {
        return file.refuse('a part of an object lies in a shared message, which is not read');
      }
      if (kind === MESSAGE.continuation) blocks.push([data.address(), data.length()]);
      else messages.set(kind, [...(messages.get(kind) ?? []), data]);
    }
  }
  return messages;
}
