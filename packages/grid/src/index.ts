export * as Grid from './grid.node.js';
export type { GridRunOptions } from './grid.node.js';
export { GridError } from './grid-error.js';
