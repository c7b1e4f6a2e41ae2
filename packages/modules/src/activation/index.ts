export type { ActivationAlias, ActivationName } from './kinds.js';
