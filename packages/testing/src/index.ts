export * from './backend.js';
export * from './central-differences.js';
export * from './close.js';
export * from './memory.js';
export * from './module-spec.js';
export * from './nd.js';
export * from './random-values.js';
