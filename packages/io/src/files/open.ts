import { ValueError } from '@tessera-nn/core';
import { plainBytes, shownValue } from '@tessera-nn/core/internal';
import { openPath } from '#file-system';
import type { FileSource, FileTarget, Place } from './place.js';

/** A file's bytes, and what errors call it. */
export interface OpenedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads a whole file from wherever it is. @throws DataError when it cannot be read. */
export async function openFile(source: FileSource): Promise<OpenedFile> {
  if (source instanceof Uint8Array) return { name: 'The file', bytes: plainBytes(source, 'The file') };
  if (source instanceof ArrayBuffer) return { name: 'The file', bytes: new Uint8Array(source) };
  if (source instanceof Blob) {
    const name = 'name' in source ? String(source.name) : 'The file';
    return { name, bytes: new Uint8Array(await source.arrayBuffer()) };
  }
  const place = placeOf(source, 'read');
  return { name: place.name, bytes: plainBytes(await place.read(), place.name) };
}

/** The bytes of a file. @throws DataError when it cannot be read. */
export async function readBytes(source: FileSource): Promise<Uint8Array> {
  return (await openFile(source)).bytes;
}

/** Puts a whole file somewhere, in one step: what was there before stays until the new file is complete. */
export async function writeBytes(target: FileTarget, bytes: Uint8Array): Promise<void> {
  const place = placeOf(target, 'write');
  await place.write(plainBytes(bytes, place.name));
}

function placeOf(target: FileTarget, method: 'read' | 'write'): Place {
  if (typeof target === 'string' || target instanceof URL) return openPath(target);
  if (typeof (target as Partial<Place> | null | undefined)?.[method] === 'function') return target;
  throw new ValueError(`There is no file to ${method}`, {
    expected: `a path, or a place with the method ${method}`,
    received: shownValue(target),
  });
}
