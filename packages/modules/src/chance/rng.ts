import { option, type RandomStream } from '@tessera-nn/core';

/** The option of modules that draw: where chance comes from. Without it that is the shared stream of `seed`. */
export const rng = option.objectWith<RandomStream>('a random stream', 'reserve').or(null);
