export * from './chance.op.js';
export * from './rng.js';
