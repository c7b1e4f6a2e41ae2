import { DataError } from '@tessera-nn/core';
import { plainBytes } from '@tessera-nn/core/internal';

const BLOCK = 512;
/** Where a header has the size, in octal digits, and the kind of what follows. */
const SIZE = { from: 124, to: 136 };
const KIND = 156;

/**
 * The files of a tar archive by name, as views of its bytes.
 *
 * @param source names the archive in errors.
 * @throws DataError when it is cut off, or has no such form.
 */
export function untar(file: Uint8Array, source: string): Map<string, Uint8Array> {
  const bytes = plainBytes(file, 'untar');
  const files = new Map<string, Uint8Array>();
  const text = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to)).replace(/\0.*$/s, '');
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const digits = text(at + SIZE.from, at + SIZE.to).trim();
    const size = /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
    const from = at + BLOCK;
    if (!(from + size <= bytes.length)) {
      throw new DataError(`${source} is cut off, or is not a tar archive`, {
        path: source,
        expected: 'a header with a size, and so many bytes',
        received: `size ${JSON.stringify(digits)} at ${at} of ${bytes.length} bytes`,
        hint: 'Get the file again',
      });
    }
    const isFile = [0, '0'.charCodeAt(0)].includes(bytes[at + KIND]!);
    if (isFile) files.set(text(at, at + 100), bytes.subarray(from, from + size));
    at = from + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
