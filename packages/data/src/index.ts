export * from './array-dataset.js';
export * from './batches.js';
export * from './dataset.js';
export * from './gunzip.js';
export { parseIdx, type IdxArray } from './idx.js';
export * from './mnist.js';
export * from './mnist-files.js';
export type { MnistOptions, MnistProgress } from './mnist-options.js';
export * from './synthetic-digits.js';
