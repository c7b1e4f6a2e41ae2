import { inflate } from '../zip/inflate.js';
import { kerasFiles } from './keras-files.golden.js';

interface Packed {
  readonly size: number;
  readonly packed: string;
}

/** A file as Keras wrote it. */
export const kerasBytes = (ending: keyof typeof kerasFiles): Promise<Uint8Array> => unpacked(kerasFiles[ending]);

/** A file of a golden. */
export function unpacked({ size, packed }: Packed): Promise<Uint8Array> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return inflate(bytes, size, 'deflate', (problem) => {
    throw new Error(problem);
  });
}

/** The numbers that scripts/goldens/keras_models.py hands to the inputs of models, maps last. */
export function kerasInput(size: number, place: number, whole: boolean): Float32Array | Int32Array {
  const values = Float32Array.from({ length: size }, (_, i) => (((i + place) * 7919) % 101) / 101 - 0.5);
  return whole ? Int32Array.from(values, (value) => Math.floor((value + 0.5) * 11)) : values;
}
