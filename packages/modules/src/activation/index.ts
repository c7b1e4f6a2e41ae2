export type { ActivationAlias, ActivationName } from './kinds.js';
export { isSlice, resolve, type FlatSlice } from './slice.js';
