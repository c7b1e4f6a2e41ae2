import type { Cursor, FileBytes } from '../files/cursor.js';

/** Bytes of a heap, and of one object in it, before what they hold. */
const HEAP_PREFIX = 16;
const OBJECT_PREFIX = 16;

/** Follows a reference to an object in a global heap: texts of any length lie there. */
export function followReference(file: FileBytes, reference: Cursor): Uint8Array {
  const length = reference.u32();
  const address = reference.address();
  const wanted = reference.u32();
  if (length === 0) return new Uint8Array(0);
  const heap = file.at(address, HEAP_PREFIX).expect('GCOL').skip(4);
  const objects = file.at(address! + HEAP_PREFIX, Math.max(0, heap.length() - HEAP_PREFIX));
  while (objects.left >= OBJECT_PREFIX) {
    const index = objects.u16();
    const size = objects.skip(6).length();
    if (index === 0) break; // the free rest
    const object = objects.take(size);
    if (index === wanted)
      return length <= size ? object.subarray(0, length) : file.refuse('a text is longer than its place');
    objects.skip(Math.min(objects.left, -size & 7)); // objects begin at multiples of 8
  }
  return file.refuse('a text is not where it should be');
}
