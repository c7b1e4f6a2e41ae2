import { crc32 } from '../checksum.js';
import { inflate } from './inflate.js';
import { CENTRAL, DEFLATED, ENCRYPTED, END, END64, IN_ZIP64, LOCAL, LOCATOR64, STORED } from './zip-layout.js';

/** A file in a zip file, still packed. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes when unpacked. */
  readonly size: number;
  /** Unpacks it, and checks it against its CRC-32. */
  bytes(): Promise<Uint8Array>;
}

/** The longest comment a zip file can end with. */
const MAX_COMMENT = 0xffff;
/** Deflate packs at most 1032 to 1: a size beyond that is a lie. */
const MAX_RATIO = 1032;

type Refuse = (problem: string) => never;

/**
 * Lists the files in a zip file. Nothing is unpacked. Entries may not overlap, which is what zip bombs are made of.
 *
 * @throws what `refuse` throws, called with what is wrong: no zip file, cut off, encrypted, packed in an unknown way, or an
 *   entry of zip64 (4 GiB and more).
 */
export function readZip(bytes: Uint8Array, refuse: Refuse): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { count, start, end } = findDirectory(view, findEnd(bytes, view, refuse), refuse);
  const entries: (ZipEntry & { range: [number, number] })[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL.size > end || view.getUint32(at, true) !== CENTRAL.signature)
      return refuse('its directory is damaged');
    const lengths = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const next = at + CENTRAL.size + lengths.reduce((sum, length) => sum + length, 0);
    if (next > end) return refuse('its directory is damaged');
    entries.push(readEntry(bytes, view, { at, nameLength: lengths[0]!, dataEnd: start }, refuse));
    at = next;
  }
  if (at !== end) return refuse('its directory holds more than its entries');
  refuseOverlaps(entries, refuse);
  return entries;
}

/** Refuses entries that unpack to more than a limit: packed data can grow a thousandfold. */
export function refuseSwelling(entries: readonly ZipEntry[], limit: number, refuse: Refuse): void {
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > limit) refuse(`it unpacks to ${total} bytes, more than the ${limit} that it may`);
}

function findEnd(bytes: Uint8Array, view: DataView, refuse: Refuse): number {
  for (let at = bytes.length - END.size; at >= 0 && at >= bytes.length - END.size - MAX_COMMENT; at--) {
    const comment = bytes.length - END.size - at;
    if (view.getUint32(at, true) === END.signature && view.getUint16(at + 20, true) === comment) return at;
  }
  return refuse('it has no directory at its end');
}

interface Directory {
  /** How many entries it has. */
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

function findDirectory(view: DataView, end: number, refuse: Refuse): Directory {
  const [disk, startDisk] = [view.getUint16(end + 4, true), view.getUint16(end + 6, true)];
  const [here, count] = [view.getUint16(end + 8, true), view.getUint16(end + 10, true)];
  const [size, start] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (disk !== 0 || startDisk !== 0 || here !== count) return refuse('it is a part of a zip file in several parts');
  const locator = end - LOCATOR64.size;
  if (locator >= 0 && view.getUint32(locator, true) === LOCATOR64.signature) return directory64(view, locator, refuse);
  if (start === IN_ZIP64 || count === 0xffff) return refuse('it is a zip64 file without the records of one');
  if (start + size !== end) return refuse('its directory does not end where it should');
  return { count, start, end };
}

/** As PyTorch writes it for files of any size. */
function directory64(view: DataView, locator: number, refuse: Refuse): Directory {
  const end = locator - END64.size;
  const field = (offset: number) => Number(view.getBigUint64(end + offset, true));
  if (
    end < 0 ||
    view.getUint32(end, true) !== END64.signature ||
    Number(view.getBigUint64(locator + 8, true)) !== end
  ) {
    return refuse('its zip64 records are damaged');
  }
  const [here, count, size, start] = [24, 32, 40, 48].map(field) as [number, number, number, number];
  if (here !== count) return refuse('it is a part of a zip file in several parts');
  if (start + size !== end) return refuse('its directory does not end where it should');
  return { count, start, end };
}

function readEntry(
  bytes: Uint8Array,
  view: DataView,
  { at, nameLength, dataEnd }: { at: number; nameLength: number; dataEnd: number },
  refuse: Refuse,
): ZipEntry & { range: [number, number] } {
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const [crc, packedSize, size] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true)) as [
    number,
    number,
    number,
  ];
  const local = view.getUint32(at + 42, true);
  const name = nameOf(bytes.subarray(at + CENTRAL.size, at + CENTRAL.size + nameLength), refuse);
  const fail = (problem: string) => refuse(`"${name}" ${problem}`);

  if (flags & ENCRYPTED) return fail('is encrypted');
  if ([packedSize, size, local].includes(IN_ZIP64)) return fail('is a zip64 entry, which is not read');
  if (local + LOCAL.size > dataEnd || view.getUint32(local, true) !== LOCAL.signature)
    return fail('is not where it should be');
  if (view.getUint16(local + 8, true) !== method || view.getUint16(local + 26, true) !== nameLength) {
    return fail('is described in two ways');
  }
  const begin = local + LOCAL.size + nameLength + view.getUint16(local + 28, true);
  const finish = begin + packedSize;
  if (finish > dataEnd) return fail('is cut off');
  if (method === STORED ? size !== packedSize : method !== DEFLATED || size > packedSize * MAX_RATIO) {
    return fail(
      method === STORED || method === DEFLATED ? 'cannot have the size it says' : `is packed by method ${method}`,
    );
  }
  const packed = bytes.subarray(begin, finish);
  return {
    name,
    size,
    range: [local, finish],
    async bytes() {
      const whole = method === STORED ? packed : await inflate(packed, size, 'deflate-raw', fail);
      return crc32(whole) === crc ? whole : fail('does not have the checksum it should');
    },
  };
}

function nameOf(bytes: Uint8Array, refuse: Refuse): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('a name in it is not UTF-8');
  }
}

function refuseOverlaps(entries: readonly { name: string; range: [number, number] }[], refuse: Refuse): void {
  const names = new Set<string>();
  let end = 0;
  for (const { name, range } of [...entries].sort((a, b) => a.range[0] - b.range[0])) {
    if (names.has(name)) refuse(`it holds "${name}" twice`);
    if (range[0] < end) refuse(`"${name}" overlaps another entry`);
    names.add(name);
    end = range[1];
  }
}
