import { itOnOneBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { kerasBytes } from './keras/keras.golden.js';
import { readKeras } from './keras/read-keras.js';
import { readNpy } from './numpy/npy.js';
import { readNpz } from './numpy/npz.js';
import { numpyFiles } from './numpy/numpy.golden.js';
import { torchFiles } from './pytorch/pytorch-files.golden.js';
import { readPyTorch } from './pytorch/read-pytorch.js';
import { readSafetensors, writeSafetensors } from './safetensors/safetensors.js';

const bytesOf = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const ofNumpy = ({ c, fortran, big, half }: typeof numpyFiles) => [c, fortran, big, half].map(bytesOf);
const ofTorch = ({ state, legacy, views }: typeof torchFiles) => [state, legacy, views].map(bytesOf);

/** As a small file comes from `readFileSync`: a part of a buffer that others have parts of, at a place of no alignment. */
function inPool(bytes: Uint8Array): Buffer {
  const pool = Buffer.alloc(bytes.length + 2, 0xff);
  pool.set(bytes, 1);
  return pool.subarray(1, bytes.length + 1);
}

/** What a way of reading comes to, with the error where it refuses. */
const outcome = async (read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): Promise<unknown> => {
  try {
    return await read(bytes);
  } catch (error) {
    return String(error);
  }
};

describe('Files in a Buffer of Node', () => {
  const formats: [
    name: string,
    read: (bytes: Uint8Array) => unknown,
    files: () => Promise<Uint8Array[]> | Uint8Array[],
  ][] = [
    ['npy', readNpy, () => ofNumpy(numpyFiles)],
    ['npz', readNpz, () => [bytesOf(numpyFiles.npz), bytesOf(numpyFiles.npzc)]],
    ['PyTorch', readPyTorch, () => ofTorch(torchFiles)],
    ['Keras', readKeras, async () => [await kerasBytes('keras'), await kerasBytes('h5')]],
    ['safetensors', readSafetensors, () => [writeSafetensors([['x', { shape: [2], values: Float64Array.of(1, 2) }]])]],
  ];
  for (const [name, read, files] of formats) {
    itOnOneBackend(`are read as others, and stay as they are: ${name}`, async () => {
      for (const bytes of await files()) {
        const buffer = inPool(bytes);
        expect(await outcome(read, buffer)).to.deep.equal(await outcome(read, bytes));
        expect(buffer.equals(bytes)).to.equal(true);
      }
    });
  }
});
