import { Cursor, type FileBytes } from '../files/cursor.js';
import { readElementType } from './datatype.js';
import { followReference } from './global-heap.js';
import { readMessages } from './object-header.js';

/** The kind of message that an attribute is. Not among those of values: what an attribute lacks does not make them wrong. */
const ATTRIBUTE = 12;

/** The text of an attribute of the object at an address; undefined where there is none of that name in its header. */
export function readTextAttribute(file: FileBytes, address: number, wanted: string): string | undefined {
  for (const message of readMessages(file, address).get(ATTRIBUTE) ?? []) {
    const version = message.u8();
    if (version < 1 || version > 3) return file.refuse('an attribute is of an unknown version');
    message.skip(1);
    const [nameSize, typeSize, spaceSize] = [message.u16(), message.u16(), message.u16()];
    if (version === 3) message.skip(1);
    const isPadded = version === 1;
    const part = (size: number) => message.take(isPadded ? Math.ceil(size / 8) * 8 : size).subarray(0, size);
    const name = textOf(part(nameSize));
    if (name !== wanted) continue;
    const type = readElementType(new Cursor(part(typeSize), file.refuse));
    part(spaceSize);
    if (type.kind === 'numbers') return file.refuse(`its attribute "${wanted}" is not a text`);
    const value = message.take(type.size);
    return textOf(type.kind === 'text' ? value : followReference(file, new Cursor(value, file.refuse)));
  }
  return undefined;
}

/** What lies before the first zero. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
