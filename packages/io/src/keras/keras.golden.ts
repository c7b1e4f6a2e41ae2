import { inflate } from '../zip/inflate.js';
import { kerasFiles } from './keras-files.golden.js';

/** A file as Keras wrote it. */
export function kerasBytes(ending: keyof typeof kerasFiles): Promise<Uint8Array> {
  const { size, packed } = kerasFiles[ending];
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return inflate(bytes, size, 'deflate', (problem) => {
    throw new Error(problem);
  });
}
