export * as Grid from './grid.js';
export type { GridRunOptions } from './grid.js';
export { GridError } from './grid-error.js';
