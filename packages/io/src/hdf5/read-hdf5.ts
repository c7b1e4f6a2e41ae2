// Reads HDF5 as old libraries write it (h5py's default, and what PuzzleLib asks for). Not through h5wasm: on damaged files
// libhdf5 runs without end, takes gigabytes or traps, and returns garbage for filters it lacks. Here every address is held
// against the file, no structure may run in a circle, and no more is unpacked than a shape needs.
import { DataError } from '@tessera-nn/core';
import { FileBytes } from './cursor.js';
import { readDataset, type Dataset } from './dataset.js';
import { membersOf } from './group.js';

const SIGNATURE = '\x89HDF\r\n\x1a\n';

/** An opened HDF5 file; nothing but its groups has been read. */
export interface Hdf5File {
  /** The names in a group of the root, or in the root itself; undefined when there is no such group. */
  group(name?: string): Hdf5Group | undefined;
  /** A dataset of the root; undefined when there is none. */
  dataset(name: string): Dataset | undefined;
  /** Names of everything in the root. */
  names(): string[];
}

export interface Hdf5Group {
  names(): string[];
  /** @throws DataError when it is not dataset. */
  dataset(name: string): Dataset | undefined;
}

/** @throws DataError when it is not an HDF5 file, is damaged, or uses what newer libraries write. */
export function openHdf5(bytes: Uint8Array, source: string): Hdf5File {
  const refuse = (problem: string): never => {
    throw new DataError(`${source} is not an HDF5 file that can be read: ${problem}`, {
      path: source,
      received: `${bytes.length} bytes`,
    });
  };
  const file = new FileBytes(bytes, refuse);
  const root = groupAt(file, rootOf(file));
  return {
    names: () => root.names(),
    dataset: (name) => root.dataset(name),
    group: (name) => {
      const address = name === undefined ? undefined : root.members.get(name);
      return name === undefined ? root : address === undefined ? undefined : groupAt(file, address);
    },
  };
}

function groupAt(file: FileBytes, address: number): Hdf5Group & { members: Map<string, number> } {
  const members = membersOf(file, address) ?? file.refuse('a dataset lies where a group should be');
  return {
    members,
    names: () => [...members.keys()],
    dataset: (name) => {
      const object = members.get(name);
      return object === undefined ? undefined : readDataset(file, object);
    },
  };
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
