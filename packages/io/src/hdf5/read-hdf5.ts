// Reads HDF5 as old libraries write it (h5py's default, and what PuzzleLib asks for). Not through h5wasm: on damaged files
// libhdf5 runs without end, takes gigabytes or traps, and returns garbage for filters it lacks. Here every address is held
// against the file, no structure may run in a circle, and no more is unpacked than a shape needs.
import { DataError } from '@tessera-nn/core';
import { FileBytes } from '../files/cursor.js';
import { readTextAttribute } from './attributes.js';
import { readDataset, type Dataset } from './dataset.js';
import { membersOf } from './group.js';
import { MESSAGE, readMessages } from './object-header.js';

const SIGNATURE = '\x89HDF\r\n\x1a\n';

/** A group, of which nothing but names has been read. A path is names with "/" between them, as HDF5 takes them. */
export interface Hdf5Group {
  names(): string[];
  /** The group at a path below; undefined when there is none. */
  group(path: string): Hdf5Group | undefined;
  /** The dataset at a path below; undefined when there is none. @throws DataError when something else lies there. */
  dataset(path: string): Dataset | undefined;
  /** The paths of all that is not a group, in here and below. */
  leaves(): string[];
  /** The text of an attribute; undefined where there is none of that name. @throws DataError where it is not a text. */
  textAttribute(name: string): string | undefined;
}

/** The parts of a path as HDF5 reads them: "/" once or twice, at an end or around a dot, is the same. */
export const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/** The root of a file. @throws DataError when it is not an HDF5 file, is damaged, or uses what newer libraries write. */
export function openHdf5(bytes: Uint8Array, source: string): Hdf5Group {
  const refuse = (problem: string): never => {
    throw new DataError(`${source} is not an HDF5 file that can be read: ${problem}`, {
      path: source,
      received: `${bytes.length} bytes`,
    });
  };
  const file = new FileBytes(bytes, refuse);
  const root = new GroupOfFile(file, new Map(), rootOf(file));
  root.names();
  return root;
}

/** Where a file has the seconds at which its parts were written, in its own memory. */
export function writingTimes(bytes: Uint8Array): Uint8Array[] {
  const root = openHdf5(bytes, 'a file') as GroupOfFile;
  return [...root.addresses()].flatMap((address) => {
    const times = readMessages(root.file, address).get(MESSAGE.modificationTime) ?? [];
    return times.map((time) => time.skip(4).take(4)); // behind its version
  });
}

/** Members by the address of a group; undefined for what is not a group. */
type KnownMembers = Map<number, ReadonlyMap<string, number> | undefined>;

class GroupOfFile implements Hdf5Group {
  constructor(
    readonly file: FileBytes,
    readonly known: KnownMembers,
    readonly address: number,
  ) {}

  names(): string[] {
    return [...this.#members(this.address).keys()];
  }

  group(path: string): GroupOfFile | undefined {
    const address = this.#find(partsOf(path));
    if (address === undefined) return undefined;
    this.#members(address);
    return new GroupOfFile(this.file, this.known, address);
  }

  dataset(path: string): Dataset | undefined {
    const address = this.#find(partsOf(path));
    return address === undefined ? undefined : readDataset(this.file, address);
  }

  leaves(): string[] {
    return [...this.#below()].filter(([, address]) => this.#read(address) === undefined).map(([path]) => path);
  }

  textAttribute(name: string): string | undefined {
    return readTextAttribute(this.file, this.address, name);
  }

  /** Where this group and everything below lies. */
  addresses(): Set<number> {
    return new Set([this.address, ...[...this.#below()].map(([, address]) => address)]);
  }

  *#below(): Iterable<[path: string, address: number]> {
    const seen = new Set([this.address]);
    const waiting: [string, number][] = [['', this.address]];
    for (const [prefix, group] of waiting) {
      for (const [name, address] of this.#members(group)) {
        yield [prefix + name, address];
        if (this.#read(address) !== undefined && !seen.has(address)) waiting.push([`${prefix}${name}/`, address]);
        seen.add(address);
      }
    }
  }

  #find(parts: readonly string[]): number | undefined {
    let address: number | undefined = this.address;
    for (const part of parts) {
      address = this.#members(address).get(part);
      if (address === undefined) return undefined;
    }
    return address;
  }

  #members(address: number): ReadonlyMap<string, number> {
    return this.#read(address) ?? this.file.refuse('a dataset lies where a group should be');
  }

  #read(address: number): ReadonlyMap<string, number> | undefined {
    if (!this.known.has(address)) this.known.set(address, membersOf(this.file, address));
    return this.known.get(address);
  }
}

/** The address of the root group, from a superblock of version 0 or 1. */
function rootOf(file: FileBytes): number {
  if (!SIGNATURE.split('').every((character, i) => file.bytes[i] === character.charCodeAt(0))) {
    return file.refuse('it does not begin as one');
  }
  const superblock = file.at(SIGNATURE.length);
  const version = superblock.u8();
  if (version > 1) return file.refuse("it was written for newer libraries; in h5py use libver='earliest'");
  superblock.skip(4);
  if (superblock.u8() !== 8 || superblock.u8() !== 8) return file.refuse('its addresses are not of 64 bits');
  superblock.skip(1 + 4 + 4 + (version === 1 ? 4 : 0));
  if (superblock.address() !== 0) return file.refuse('it does not begin at its beginning');
  superblock.skip(8);
  const end = superblock.length();
  if (end !== file.bytes.length)
    return file.refuse(`it should have ${end} bytes: it was cut off, or something follows`);
  const root = superblock.skip(8 + 8).address();
  return root ?? file.refuse('it has no root');
}
