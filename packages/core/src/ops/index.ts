export { affine } from './affine.js';
export * from './arithmetic.js';
export * from './elementwise-op.js';
export * from './functions.js';
export * from './matmul.js';
export * from './reduce.js';
export * from './shape.js';
export * from './stack.js';
export * from './where.js';
