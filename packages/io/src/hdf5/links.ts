// Groups whose links are messages, which is how HDF5 keeps them as soon as one of the names is not ASCII: a few in the header
// of the group, more of them in a heap behind a tree of their own.
import type { Cursor, FileBytes } from '../files/cursor.js';
import { openHeap } from './fractal-heap.js';
import { MESSAGE } from './object-header.js';
import { recordsOf } from './record-tree.js';

/** A name as its bytes, and where what it stands for lies. */
type NamedAddress = readonly [name: Uint8Array, address: number];

/** Flags of a link: how many bytes the length of its name has, and what comes before the name. */
const NAME_LENGTH = 3;
const HAS_ORDER = 4;
const HAS_TYPE = 8;
const HAS_CHARSET = 16;
/** Type of a link that leads to an object of this file. */
const HARD = 0;

/** Flag of a group's links: their order of creation is counted, and its counter comes first. */
const COUNTS_ORDER = 1;
/** The tree that has the links by the hashes of their names; a record is such a hash, and where the link is in the heap. */
const NAME_INDEX = 5;
const HASH = 4;

/** The names and addresses of what a group of link messages holds. */
export function* linksOf(file: FileBytes, messages: ReadonlyMap<number, readonly Cursor[]>): Iterable<NamedAddress> {
  for (const link of messages.get(MESSAGE.link) ?? []) yield readLink(link);
  for (const info of messages.get(MESSAGE.linkInfo) ?? []) {
    const flags = info.skip(1).u8();
    if (flags & COUNTS_ORDER) info.skip(8);
    const [heap, tree] = [info.address(), info.address()];
    if (heap === undefined || tree === undefined) continue;
    const objects = openHeap(file, heap);
    for (const record of recordsOf(file, tree, NAME_INDEX)) yield readLink(objects.at(record.skip(HASH)));
  }
}

function readLink(message: Cursor): NamedAddress {
  if (message.u8() !== 1) return message.refuse('a link is of an unknown version');
  const flags = message.u8();
  const type = flags & HAS_TYPE ? message.u8() : HARD;
  if (flags & HAS_ORDER) message.skip(8);
  if (flags & HAS_CHARSET) message.skip(1);
  const name = message.take(message.uint(2 ** (flags & NAME_LENGTH)));
  const address = type === HARD ? message.address() : message.refuse('a soft or external link is not read');
  return [name, address ?? message.refuse('a link leads nowhere')];
}
