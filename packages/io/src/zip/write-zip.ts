import { ValueError } from '@tessera-nn/core';
import { concatenate } from '@tessera-nn/core/internal';
import { crc32 } from '../checksum.js';
import { deflate } from './inflate.js';
import { CENTRAL, DEFLATED, END, IN_ZIP64, LOCAL, STORED, UTF8_NAME } from './zip-layout.js';

/** What a reader has to be able to do: zip 2.0, folders and deflate. */
const VERSION = 20;
/** 1 January 1980, the first day there is, so that the same files give the same bytes. */
const DATE = 0x21;

/** Writes a zip file. @throws ValueError when it would be too large for one without zip64. */
export async function writeZip(
  files: Iterable<readonly [string, Uint8Array]>,
  { compress = false } = {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, bytes] of files) {
    const text = new TextEncoder().encode(name);
    const packed = compress ? await deflate(bytes, 'deflate-raw') : bytes;
    // What both records of an entry have in common, from the version on.
    const described = new DataView(new ArrayBuffer(26));
    [VERSION, UTF8_NAME, compress ? DEFLATED : STORED, 0, DATE].forEach((value, i) =>
      described.setUint16(2 * i, value, true),
    );
    [crc32(bytes), packed.length, bytes.length].forEach((value, i) => described.setUint32(10 + 4 * i, value, true));
    described.setUint16(22, text.length, true);

    const local = record(LOCAL);
    local.set(new Uint8Array(described.buffer), 4);
    const central = record(CENTRAL);
    new DataView(central.buffer).setUint16(4, VERSION, true);
    central.set(new Uint8Array(described.buffer), 6);
    new DataView(central.buffer).setUint32(42, at, true);
    parts.push(local, text, packed);
    directory.push(central, text);
    at += local.length + text.length + packed.length;
  }
  const size = sizeOf(directory);
  if (at + size >= IN_ZIP64)
    throw new ValueError('A zip file of 4 GiB or more cannot be written', { received: `${at} bytes` });
  const end = record(END);
  const view = new DataView(end.buffer);
  [8, 10].forEach((offset) => view.setUint16(offset, directory.length / 2, true));
  view.setUint32(12, size, true);
  view.setUint32(16, at, true);
  const all = [...parts, ...directory, end];
  return concatenate(all, sizeOf(all));
}

function record({ signature, size }: { signature: number; size: number }): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, signature, true);
  return bytes;
}

const sizeOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);
